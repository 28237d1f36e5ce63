// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMs: the device node, memory slots, the interrupt controller, and the two
 * ways in which tests want a VM ready made.  layout.h explains the identity
 * map that the slots built here belong to.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "vm.h"

#define GIB			(1ULL << 30)
#define NR_GIB			512
/* A memory slot starts and ends on a page of any size that hosts have. */
#define SLOT_ALIGN		0x10000ULL

/* Stage-1 block descriptors: valid, access flag; inner shareable, kernel only. */
#define BLOCK_NORMAL		(0x701ULL | 1ULL << 2 | 1ULL << 54)
#define BLOCK_DEVICE		(0x401ULL | 3ULL << 53)

extern u64 guest_pgd[NR_GIB];
extern char __executable_start[], _end[];

static unsigned int nr_vms;

const char *dev_path(void)
{
	const char *path = getenv("PENG_DEVICE");

	return path && *path ? path : "/dev/peng";
}

int dev_open(void)
{
	int fd = open(dev_path(), O_RDWR | O_CLOEXEC);

	CHECK(fd >= 0, "%s: %m", dev_path());
	return fd;
}

void become_nobody(void)
{
	CHECK_FD(setresgid(NOBODY, NOBODY, NOBODY));
	CHECK_FD(setresuid(NOBODY, NOBODY, NOBODY));
}

bool dev_is_kvm(void)
{
	return !strcmp(dev_path(), "/dev/kvm");
}

u32 host_features(void)
{
	int dev = dev_open();
	u32 features = 0;

	if (ioctl(dev, KVM_CHECK_EXTENSION, KVM_CAP_ARM_SVE) == 1)
		features |= FEATURE_SVE;
	if (ioctl(dev, KVM_CHECK_EXTENSION, KVM_CAP_ARM_PTRAUTH_ADDRESS) == 1 &&
	    ioctl(dev, KVM_CHECK_EXTENSION, KVM_CAP_ARM_PTRAUTH_GENERIC) == 1)
		features |= FEATURE_PTRAUTH;
	close(dev);
	return features;
}

bool host_is_emulated(void)
{
	static const char * const names[] = {
		"/proc/device-tree/compatible", "/sys/class/dmi/id/sys_vendor",
	};
	char text[64] = "";
	unsigned int i;
	int fd;

	for (i = 0; i < 2; i++) {
		fd = open(names[i], O_RDONLY);
		if (fd < 0)
			continue;
		if (read(fd, text, sizeof(text) - 1) < 0)
			text[0] = 0;
		close(fd);
		if (strstr(text, "linux,dummy-virt") || strstr(text, "QEMU"))
			return true;
	}
	return false;
}

bool host_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return ok;
}

int vm_set_slot(struct vm *vm, u32 slot, u32 flags, u64 gpa, u64 size, void *hva)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot,
		.flags = flags,
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = (u64)hva,
	};

	return ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region);
}

static void map_stage1(void)
{
	u64 gib;

	for (gib = 0; gib < NR_GIB; gib++)
		guest_pgd[gib] = gib * GIB |
			(gib == GUEST_DEVICE_BASE / GIB ? BLOCK_DEVICE : BLOCK_NORMAL);
}

void vm_open(struct vm *vm, u64 type)
{
	memset(vm, 0, sizeof(*vm));
	vm->dev = dev_open();
	vm->gic = -1;
	vm->fd = CHECK_FD(ioctl(vm->dev, KVM_CREATE_VM, type));
}

void *vm_map(struct vm *vm, u32 slot, u64 at, u64 size)
{
	void *p = mmap((void *)at, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	CHECK(p == (void *)at, "mmap at %#llx: %m", (unsigned long long)at);
	CHECK_FD(vm_set_slot(vm, slot, 0, at, size, p));
	return p;
}

static void add_image(struct vm *vm)
{
	u64 start = (u64)__executable_start & ~(SLOT_ALIGN - 1);
	u64 end = ((u64)_end + SLOT_ALIGN - 1) & ~(SLOT_ALIGN - 1);

	CHECK_FD(vm_set_slot(vm, VM_SLOT_IMAGE, 0, start, end - start, (void *)start));
}

void vm_add_same_memory(struct vm *vm, struct vm *from)
{
	add_image(vm);
	CHECK_FD(vm_set_slot(vm, VM_SLOT_RAM, 0, from->ram, VM_RAM_SIZE, (void *)from->ram));
	vm->ram = from->ram;
	vm->ram_next = from->ram_next;
	vm->same_ram = true;
}

void vm_add_memory(struct vm *vm)
{
	map_stage1();
	add_image(vm);
	vm->ram = GUEST_RAM_BASE + (u64)nr_vms++ * GUEST_RAM_STRIDE;
	vm_map(vm, VM_SLOT_RAM, vm->ram, VM_RAM_SIZE);
	vm->ram_next = vm->ram + VM_MAX_VCPUS * GUEST_CPU_SIZE;
}

void *vm_alloc(struct vm *vm, u64 size, u64 align)
{
	u64 at = (vm->ram_next + align - 1) & ~(align - 1);

	CHECK(at + size <= vm->ram + VM_RAM_SIZE, "guest RAM is used up");
	vm->ram_next = at + size;
	return (void *)at;
}

int dev_attr(int fd, unsigned int ioctl_nr, u32 group, u64 attr, void *addr)
{
	struct kvm_device_attr da = { .group = group, .attr = attr, .addr = (u64)addr };

	return ioctl(fd, ioctl_nr, &da);
}

int vm_create_gic(struct vm *vm)
{
	struct kvm_create_device cd = { .type = KVM_DEV_TYPE_ARM_VGIC_V3 };
	int ret = ioctl(vm->fd, KVM_CREATE_DEVICE, &cd);

	if (!ret)
		vm->gic = cd.fd;
	return ret;
}

void vm_place_gic(struct vm *vm)
{
	u64 dist = GUEST_GICD_BASE, redist = GUEST_GICR_BASE;

	CHECK_FD(dev_attr(vm->gic, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_ADDR,
			  KVM_VGIC_V3_ADDR_TYPE_DIST, &dist));
	CHECK_FD(dev_attr(vm->gic, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_ADDR,
			  KVM_VGIC_V3_ADDR_TYPE_REDIST, &redist));
}

void vm_init_gic(struct vm *vm)
{
	CHECK_FD(dev_attr(vm->gic, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_CTRL,
			  KVM_DEV_ARM_VGIC_CTRL_INIT, NULL));
}

void vm_add_gic(struct vm *vm)
{
	u32 nr_irqs = VM_NR_IRQS;

	CHECK_FD(vm_create_gic(vm));
	vm_place_gic(vm);
	CHECK_FD(dev_attr(vm->gic, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0,
			  &nr_irqs));
	vm_init_gic(vm);
}

static void add_all(struct vm *vm, unsigned int nr)
{
	unsigned int i;

	vm_open(vm, 0);
	vm_add_memory(vm);
	for (i = 0; i < nr; i++)
		vm_add_vcpu(vm);
	vm_add_gic(vm);
}

static void init_all(struct vm *vm, unsigned int nr, guest_fn entry, u32 secondary)
{
	unsigned int i;

	add_all(vm, nr);
	for (i = 0; i < nr; i++) {
		CHECK_FD(vcpu_init_features(&vm->vcpu[i], i ? secondary : 0));
		vcpu_start(&vm->vcpu[i], entry, i);
	}
}

void vm_init(struct vm *vm, unsigned int nr, guest_fn entry)
{
	init_all(vm, nr, entry, 0);
}

void vcpu_finalize_sve(struct vcpu *vcpu, u32 vq)
{
	u64 lengths[KVM_ARM64_SVE_VLS_WORDS];

	CHECK_FD(vcpu_get(vcpu, KVM_REG_ARM64_SVE_VLS, lengths));
	if (vq) {
		lengths[0] &= (1UL << vq) - 1;
		CHECK_FD(vcpu_set(vcpu, KVM_REG_ARM64_SVE_VLS, lengths));
	}
	CHECK_FD(vcpu_finalize(vcpu, KVM_ARM_VCPU_SVE));
}

void vm_init_features(struct vm *vm, unsigned int nr, guest_fn entry, u32 features, u32 vq)
{
	unsigned int i;

	add_all(vm, nr);
	for (i = 0; i < nr; i++) {
		CHECK_FD(vcpu_init_features(&vm->vcpu[i], features));
		if (features & FEATURE_SVE)
			vcpu_finalize_sve(&vm->vcpu[i], vq);
		vcpu_start(&vm->vcpu[i], entry, i);
	}
}

void vm_init_psci(struct vm *vm, unsigned int nr, guest_fn entry)
{
	init_all(vm, nr, entry, 1U << KVM_ARM_VCPU_POWER_OFF);
}

void vm_destroy(struct vm *vm)
{
	unsigned int i;

	for (i = 0; i < vm->nr_vcpus; i++) {
		munmap(vm->vcpu[i].run, CHECK_FD(ioctl(vm->dev, KVM_GET_VCPU_MMAP_SIZE, 0)));
		close(vm->vcpu[i].fd);
	}
	if (vm->gic >= 0)
		close(vm->gic);
	close(vm->fd);
	close(vm->dev);
	if (vm->ram && !vm->same_ram)
		munmap((void *)vm->ram, VM_RAM_SIZE);
}

static int irq_line(struct vm *vm, u32 type, u32 cpu, u32 intid, bool level)
{
	struct kvm_irq_level irq = {
		.irq = type << KVM_ARM_IRQ_TYPE_SHIFT | cpu << KVM_ARM_IRQ_VCPU_SHIFT | intid,
		.level = level,
	};

	return ioctl(vm->fd, KVM_IRQ_LINE, &irq);
}

int vm_irq_line(struct vm *vm, u32 intid, bool level)
{
	return irq_line(vm, KVM_ARM_IRQ_TYPE_SPI, 0, intid, level);
}

int vm_ppi_line(struct vm *vm, u32 cpu, u32 intid, bool level)
{
	return irq_line(vm, KVM_ARM_IRQ_TYPE_PPI, cpu, intid, level);
}

bool vm_line_device(struct vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	u32 intid;

	if (run->mmio.phys_addr != GUEST_LINE_ADDR || !run->mmio.is_write)
		return false;
	intid = *(u32 *)run->mmio.data & 0xffff;
	if (intid < 32)
		CHECK_FD(vm_ppi_line(vcpu->vm, vcpu->id, intid, *(u32 *)run->mmio.data >> 16));
	else
		CHECK_FD(vm_irq_line(vcpu->vm, intid, *(u32 *)run->mmio.data >> 16));
	return true;
}
