/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's half of the library: making a VM with its memory, interrupt
 * controller and vCPUs, running them, and reading what the guest says.  Where
 * anything that a test does not itself examine goes wrong, these functions
 * print a line and end the process: the harness runs each test in one.
 */
#ifndef SELFTESTS_LIB_VM_H
#define SELFTESTS_LIB_VM_H

/*
 * The harness ends a test after 30 seconds, which is meant for real machines:
 * an emulated host that shares its two CPUs with others needs that long for
 * what takes one, and where the machine below it is stopped for a while, the
 * clock of the host goes on. For tests that include the harness before this
 * header.
 */
#ifdef TEST_TIMEOUT_DEFAULT
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 150
#endif

/*
 * In a fixture's set-up, where this harness goes on to the test after SKIP(): the
 * test's process ends with what the harness takes for skipped.
 */
#define SKIP_IN_SETUP(fmt, ...)	SKIP(_exit(255), fmt, ##__VA_ARGS__)

#include <pthread.h>
#include <stdbool.h>
#include <linux/kvm.h>
#include <linux/types.h>
#include "guest.h"

#define VM_MAX_VCPUS	16
#define VM_NR_IRQS	256
#define VM_RAM_SIZE	0x1000000
#define VM_SLOT_IMAGE	0
#define VM_SLOT_RAM	1
/* The first slot that a test may use. */
#define VM_SLOT_FREE	2

struct vm;

/**
 * struct vcpu - a vCPU and its host thread
 * @vm: where it belongs
 * @id: its number, which is also Aff0 of its MPIDR
 * @fd: the vCPU file descriptor
 * @run: the mapping of @fd
 * @guest: its block in guest memory
 * @thread: valid between vcpu_spawn() and vcpu_join()
 */
struct vcpu {
	struct vm *vm;
	unsigned int id;
	int fd;
	struct kvm_run *run;
	struct guest_cpu *guest;
	pthread_t thread;
};

/**
 * struct vm - a VM
 * @dev: the device node
 * @fd: the VM file descriptor
 * @gic: the VGIC_V3 device, or -1
 * @nr_vcpus: those that exist
 * @ram: start of its RAM, here and in the guest
 * @same_ram: it belongs to another VM
 * @ram_next: first byte not handed out by vm_alloc()
 * @mmio: serves an MMIO exit; false ends vcpu_run() with UCALL_NONE
 * @vcpu: the vCPUs
 */
struct vm {
	int dev;
	int fd;
	int gic;
	unsigned int nr_vcpus;
	u64 ram;
	u64 ram_next;
	bool same_ram;
	bool (*mmio)(struct vcpu *vcpu);
	struct vcpu vcpu[VM_MAX_VCPUS];
};

typedef void (*guest_fn)(u64 arg);

/* The device node: PENG_DEVICE, or /dev/peng. */
const char *dev_path(void);
int dev_open(void);
/* Whether a test looks at KVM itself, which proves the test. */
bool dev_is_kvm(void);
/* Whether the host itself runs on QEMU's emulation, which has faults of its own. */
bool host_is_emulated(void);

/* An unprivileged user that root's tests become, for good. */
#define NOBODY	1000
void become_nobody(void);

/* Bits of features[0] that this host's guests can have, of KVM_ARM_VCPU_INIT. */
#define FEATURE_SVE	(1U << KVM_ARM_VCPU_SVE)
#define FEATURE_PTRAUTH	(1U << KVM_ARM_VCPU_PTRAUTH_ADDRESS | 1U << KVM_ARM_VCPU_PTRAUTH_GENERIC)
u32 host_features(void);

/* Write a setting of the host, in /proc or /sys. */
bool host_write(const char *path, const char *text);

/* A whole VM: memory, @nr vCPUs that start at @entry(vCPU number), a GIC. */
void vm_init(struct vm *vm, unsigned int nr, guest_fn entry);
/* The same, but all vCPUs but the first wait for PSCI CPU_ON. */
void vm_init_psci(struct vm *vm, unsigned int nr, guest_fn entry);
/*
 * And where all vCPUs have @features of KVM_ARM_VCPU_INIT; of SVE those with vectors of
 * at most @vq * 128 bits, or all that the host has where @vq is 0.
 */
void vm_init_features(struct vm *vm, unsigned int nr, guest_fn entry, u32 features, u32 vq);
void vm_destroy(struct vm *vm);

/* The steps of vm_init(), for tests that want another order or a part. */
void vm_open(struct vm *vm, u64 type);
void vm_add_memory(struct vm *vm);
/* The memory of @from too: one of both must not run, and be destroyed last. */
void vm_add_same_memory(struct vm *vm, struct vm *from);
void vm_add_vcpu(struct vm *vm);
int vm_create_gic(struct vm *vm);
void vm_place_gic(struct vm *vm);
void vm_init_gic(struct vm *vm);
void vm_add_gic(struct vm *vm);

int vm_set_slot(struct vm *vm, u32 slot, u32 flags, u64 gpa, u64 size, void *hva);
/* RAM that host and guest both use, aligned to @align; zeroed. */
void *vm_alloc(struct vm *vm, u64 size, u64 align);
/* Fresh anonymous memory at the address @at of both sides, in slot @slot. */
void *vm_map(struct vm *vm, u32 slot, u64 at, u64 size);
int vm_irq_line(struct vm *vm, u32 intid, bool level);
int vm_ppi_line(struct vm *vm, u32 cpu, u32 intid, bool level);
/* For vm->mmio: makes guest_set_line() work. */
bool vm_line_device(struct vcpu *vcpu);
int dev_attr(int fd, unsigned int ioctl, u32 group, u64 attr, void *addr);

int vcpu_init_features(struct vcpu *vcpu, u32 features);
/* With SVE vectors of at most @vq * 128 bits, or all that the host has where that is 0. */
void vcpu_finalize_sve(struct vcpu *vcpu, u32 vq);
/* KVM_ARM_VCPU_FINALIZE; what it returns. */
int vcpu_finalize(struct vcpu *vcpu, int feature);
void vcpu_start(struct vcpu *vcpu, guest_fn entry, u64 arg);
/* Ends the access behind the last exit; else it would move a PC that is set now. */
void vcpu_complete(struct vcpu *vcpu);
int vcpu_get(struct vcpu *vcpu, u64 id, void *val);
int vcpu_set(struct vcpu *vcpu, u64 id, const void *val);
u64 vcpu_get64(struct vcpu *vcpu, u64 id);
void vcpu_set64(struct vcpu *vcpu, u64 id, u64 val);
/* All registers that it has; free() it. */
struct kvm_reg_list *vcpu_reg_list(struct vcpu *vcpu);
bool reg_listed(const struct kvm_reg_list *list, u64 id);

/**
 * vcpu_run() - run a vCPU until its guest speaks
 * @vcpu: runs on the calling thread
 *
 * Prints are printed, a failed assertion ends the process, signals are ridden
 * over, MMIO that vm->mmio serves goes on.
 *
 * Return: UCALL_DONE, UCALL_SYNC, or UCALL_NONE with the exit in vcpu->run.
 */
enum ucall_cmd vcpu_run(struct vcpu *vcpu);
/* Runs on until the guest is done, over all its syncs; nothing else may come. */
void vcpu_finish(struct vcpu *vcpu);
void vcpu_expect_sync(struct vcpu *vcpu, u64 step);
/* Runs until the guest's first exit that is no ucall; returns its reason. */
u32 vcpu_run_exit(struct vcpu *vcpu);
/* Runs for so long, however often the guest comes out, then by a signal returns. */
void vcpu_run_for_ms(struct vcpu *vcpu, unsigned int ms);

/* The same in a thread of its own: until done. */
void vcpu_spawn(struct vcpu *vcpu);
void vcpu_join(struct vcpu *vcpu);
/* All vCPUs, each in a thread, until all are done. */
void vm_finish(struct vm *vm);

/* ARM64 core register by its name in struct kvm_regs. */
#define CORE_REG(field)	(KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE |	\
			 KVM_REG_ARM_CORE_REG(field))

/** report.c: one line on stderr, and the end of the test's process. */
void __attribute__((noreturn, format(printf, 3, 4)))
report_die(const char *file, int line, const char *fmt, ...);

#define CHECK(cond, fmt, ...) do {						\
	if (!(cond))								\
		report_die(__FILE__, __LINE__, "%s: " fmt, #cond, ##__VA_ARGS__); \
} while (0)

/* For values that should be zero or above, with errno where they are not. */
#define CHECK_FD(expr) ({							\
	int __ret = (expr);							\
	if (__ret < 0)								\
		report_die(__FILE__, __LINE__, "%s: %m", #expr);		\
	__ret;									\
})

/* The errno of a call that should fail, 0 where it did not. */
#define ERRNO(expr)	((expr) < 0 ? errno : 0)

#endif
