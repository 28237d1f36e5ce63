// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that a fault of peng's own code at EL2 costs the VM that it served, and that the
 * host has its registers back: with a guest that has all that it can have of SVE, pointer
 * authentication, memory tags, a PMU and breakpoints in the CPU at that moment, a thread of
 * the host finds its own vector length, keys, tags, counter and watchpoint after it.
 *
 * For a host whose kernel is at EL1, and the module with debug=1: host/fault.sh runs it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include "kselftest_harness.h"
#include "fp.h"
#include "mte.h"
#include "pauth.h"
#include "pmu.h"
#include "vm.h"

#define INJECT		"/sys/kernel/debug/peng/el2_fault"
/* enum nvhe_fault, and with the guest's FP registers in the CPU. */
#define NR_FAULTS	5
#define WITH_FP		0x10

#define POINTER		0x80001234UL
#define WITH		0x5678UL
#define HOST_TAG	5
#define GUEST_TAG	9

/* What the guest has. */
static u32 have;
static bool have_mte, have_pmu;
static struct sve_state guest_room;
static u64 watched;

/**
 * struct own - what a thread of the host has in its registers
 * @vq: vector length, 0 where there is no SVE
 * @tags: it makes up tags
 * @mine: what it has signed
 * @cycles: perf event that counts it, but no guest
 * @writes: and one that counts what it writes to @watched
 */
struct own {
	u32 vq;
	bool tags;
	struct pauth_signed mine;
	int cycles;
	int writes;
};

static void guest_fills(u64 round)
{
	if (have & FEATURE_SVE)
		sve_fill(&guest_room, round);
	else
		fp_fill(round);
}

/* All the controls that a host could be left with. */
static void guest_works(u64 unused)
{
	u64 round;

	write_sysreg(3 << 20 | 3 << 16, cpacr_el1);
	isb();
	if (have & FEATURE_SVE)
		write_sysreg(0, s3_0_c1_c2_0);			/* ZCR_EL1 */
	if (have & FEATURE_PTRAUTH)
		pauth_start(7);
	if (have_mte) {
		guest_tags_on(TCF_ASYNC);
		write_sysreg(0xffff & ~(1UL << GUEST_TAG), s3_0_c1_c0_6);	/* GCR_EL1 */
		write_sysreg(3, s3_0_c5_c6_0);			/* TFSR_EL1 */
		write_sysreg(3, s3_0_c5_c6_1);			/* TFSRE0_EL1 */
	}
	if (have_pmu) {
		write_sysreg(PMCR_E | PMCR_LC, pmcr_el0);
		write_sysreg(1UL << CYCLES, pmcntenset_el0);
	}
	write_sysreg(0, oslar_el1);
	write_sysreg(0, dbgwcr0_el1);
	write_sysreg(0, dbgwvr0_el1);
	write_sysreg(1 << 15, mdscr_el1);			/* MDE */
	isb();
	for (round = 1;; round++) {
		guest_fills(round);
		guest_sync(round);
	}
}

static void make_vm(struct vm *vm)
{
	vm_open(vm, 0);
	if (have_mte)
		CHECK(!mte_enable(vm), "%m");
	vm_add_memory(vm);
	vm_add_vcpu(vm);
	vm_add_gic(vm);
	CHECK_FD(vcpu_init_features(&vm->vcpu[0], have |
				    (have_pmu ? 1U << KVM_ARM_VCPU_PMU_V3 : 0)));
	if (have & FEATURE_SVE)
		vcpu_finalize_sve(&vm->vcpu[0], 1);
	if (have_pmu)
		pmu_connect(&vm->vcpu[0]);
	vcpu_start(&vm->vcpu[0], guest_works, 0);
}

static int event_open(struct perf_event_attr *attr)
{
	attr->size = sizeof(*attr);
	attr->exclude_kernel = 1;
	attr->exclude_hv = 1;
	return syscall(SYS_perf_event_open, attr, 0, -1, -1, 0);
}

static u64 event_count(int fd)
{
	u64 count = 0;

	CHECK_FD(read(fd, &count, sizeof(count)));
	return count;
}

static void own_begin(struct own *own)
{
	struct perf_event_attr cycles = {
		.type = PERF_TYPE_HARDWARE, .config = PERF_COUNT_HW_CPU_CYCLES,
		.exclude_guest = 1,
	};
	struct perf_event_attr writes = {
		.type = PERF_TYPE_BREAKPOINT, .bp_type = HW_BREAKPOINT_W,
		.bp_addr = (u64)&watched, .bp_len = HW_BREAKPOINT_LEN_8,
	};

	memset(own, 0, sizeof(*own));
	if (have & FEATURE_SVE)
		own->vq = (CHECK_FD(prctl(PR_SVE_SET_VL, SVE_MAX_VQ * 16)) &
			   PR_SVE_VL_LEN_MASK) / 16;
	if (have & FEATURE_PTRAUTH)
		own->mine = pauth_sign(POINTER, WITH);
	own->tags = mte_start_thread(1UL << HOST_TAG);
	own->cycles = event_open(&cycles);
	own->writes = event_open(&writes);
}

/* First what a system call could mend. */
static u32 own_wrong(const struct own *own)
{
	u32 wrong_tag = own->tags && any_tag() != HOST_TAG;
	u32 wrong_codes = have & FEATURE_PTRAUTH ?
		pauth_count_wrong(&own->mine, POINTER, WITH) : 0;
	u32 wrong_vq = own->vq && sve_vq() != own->vq;
	u32 wrong_cycles = 0, wrong_writes = 0;
	u64 before;

	WRITE_ONCE(watched, 1);
	if (own->writes >= 0)
		wrong_writes = event_count(own->writes) != 1;
	if (own->cycles >= 0) {
		before = event_count(own->cycles);
		wrong_cycles = event_count(own->cycles) == before;
	}
	printf("# wrong: tag %u, codes %u, vector length %u, cycles %u, writes %u\n",
	       wrong_tag, wrong_codes, wrong_vq, wrong_cycles, wrong_writes);
	fflush(stdout);
	return wrong_tag + wrong_codes + wrong_vq + wrong_cycles + wrong_writes;
}

static void own_end(struct own *own)
{
	if (own->cycles >= 0)
		close(own->cycles);
	if (own->writes >= 0)
		close(own->writes);
}

static void find_out(void)
{
	int dev = dev_open();

	have = host_features();
	have_pmu = host_has_pmu();
	have_mte = ioctl(dev, KVM_CHECK_EXTENSION, KVM_CAP_ARM_MTE) > 0;
	close(dev);
	if (have_mte)
		mte_own_image();
	printf("# guests have: SVE %d, pointer authentication %d, MTE %d, PMU %d\n",
	       !!(have & FEATURE_SVE), !!(have & FEATURE_PTRAUTH), have_mte, have_pmu);
	fflush(stdout);
}

/* A signal of perf's or the lab's ends a turn, and not the VM. */
static int run_to_the_end(struct vcpu *v)
{
	int error;

	do {
		error = ERRNO(ioctl(v->fd, KVM_RUN, 0));
	} while (error == EINTR);
	return error;
}

TEST(costs_the_vm_only)
{
	struct own own;
	char text[8];
	struct vm vm;
	int fault;

	if (access(INJECT, W_OK))
		SKIP(return, "needs a kernel at EL1, debugfs, and the module with debug=1");
	find_out();
	for (fault = 1; fault <= NR_FAULTS; fault++) {
		int how = fault | (fault % 2 ? WITH_FP : 0), error;

		make_vm(&vm);
		own_begin(&own);
		vcpu_expect_sync(&vm.vcpu[0], 1);
		snprintf(text, sizeof(text), "%d", how);
		ASSERT_TRUE(host_write(INJECT, text));
		error = run_to_the_end(&vm.vcpu[0]);
		EXPECT_EQ(0, own_wrong(&own)) TH_LOG("after fault %#x", how);
		/* All that is heard of that VM from now on. */
		EXPECT_EQ(EIO, error);
		EXPECT_EQ(EIO, ERRNO(ioctl(vm.vcpu[0].fd, KVM_RUN, 0)));
		own_end(&own);
		vm_destroy(&vm);
	}
}

/* The same guest, by itself. */
TEST(others_live)
{
	struct own own;
	struct vm vm;
	u64 round;

	find_out();
	make_vm(&vm);
	own_begin(&own);
	for (round = 1; round < 10; round++)
		vcpu_expect_sync(&vm.vcpu[0], round);
	EXPECT_EQ(0, own_wrong(&own));
	own_end(&own);
	vm_destroy(&vm);
}

TEST_HARNESS_MAIN
