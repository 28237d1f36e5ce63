// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves the groups fault and stats: a vCPU that cannot go on is told with why and
 * where, of many faults few are told and none is left out of the count, and who
 * listens to statistics hears of every vCPU again and again.
 */
#include <errno.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "kselftest_harness.h"
#include "nl.h"
#include "vm.h"

#define LOST_AT		0x90000000UL

static void guest_pairs(u64 at)
{
	asm volatile("ldp x2, x3, [%0]" : : "r" (at) : "x2", "x3", "memory");
}

static void guest_reads(u64 at)
{
	(void)*(volatile u64 *)at;
}

static void guest_syncs(u64 arg)
{
	for (;;)
		guest_sync(1);
}

FIXTURE(groups) {
	struct nl listener;
	struct nl nl;
	struct vm vm;
	u32 id;
};

FIXTURE_SETUP(groups)
{
	if (dev_is_kvm())
		SKIP_IN_SETUP("KVM has no netlink family");
	nl_open(&self->listener);
	nl_open(&self->nl);
	vm_init(&self->vm, 2, guest_syncs);
	self->id = nl_own_vm(&self->nl);
}

FIXTURE_TEARDOWN(groups)
{
	close(self->listener.fd);
	close(self->nl.fd);
	vm_destroy(&self->vm);
}

struct fault {
	struct nlattr *of[NL_MAX_ATTR];
};

/* The next fault of the VM, whoever else has some. */
static void next_fault(struct nl *nl, u32 id, struct fault *fault)
{
	struct nlattr *nest;

	do {
		CHECK(nl_receive(nl, false, NULL, NULL) == 0, "no fault");
	} while (nl->cmd != PENG_CMD_VM_FAULT_NTF || nl_u32(nl->attrs[PENG_A_VM_ID]) != id);
	nest = nl->attrs[PENG_A_VM_FAULT];
	nl_parse_nested(fault->of, nest);
}

TEST_F(groups, abort)
{
	struct vcpu *v = &self->vm.vcpu[1];
	struct fault fault;

	ASSERT_EQ(0, nl_join(&self->listener, NL_FAULT));
	vcpu_start(v, guest_pairs, GUEST_MMIO_BASE + 0x1020);
	ASSERT_EQ(ENOSYS, ERRNO(ioctl(v->fd, KVM_RUN, 0)));
	next_fault(&self->listener, self->id, &fault);
	EXPECT_EQ(getpid(), nl_u32(self->listener.attrs[PENG_A_VM_PID]));
	EXPECT_EQ(PENG_FAULT_ABORT, nl_u32(fault.of[PENG_A_FAULT_KIND]));
	EXPECT_EQ(1, nl_u32(fault.of[PENG_A_FAULT_VCPU]));
	EXPECT_EQ(ENOSYS, nl_u32(fault.of[PENG_A_FAULT_ERROR]));
	EXPECT_EQ(GUEST_MMIO_BASE + 0x1000, nl_u64(fault.of[PENG_A_FAULT_IPA]));
	EXPECT_EQ(vcpu_get64(v, CORE_REG(regs.pc)), nl_u64(fault.of[PENG_A_FAULT_PC]));
	/* A data abort from a lower level. */
	EXPECT_EQ(0x24, ESR_EC(nl_u64(fault.of[PENG_A_FAULT_SYNDROME])));
	EXPECT_EQ(0, nl_u32(fault.of[PENG_A_FAULT_SUPPRESSED]));
}

TEST_F(groups, memory)
{
	struct vcpu *v = &self->vm.vcpu[0];
	struct fault fault;
	void *lost = vm_map(&self->vm, VM_SLOT_FREE, LOST_AT, 65536);

	ASSERT_EQ(0, nl_join(&self->listener, NL_FAULT));
	ASSERT_EQ(0, munmap(lost, 65536));
	vcpu_start(v, guest_reads, LOST_AT + 0x8);
	ASSERT_EQ(EFAULT, ERRNO(ioctl(v->fd, KVM_RUN, 0)));
	next_fault(&self->listener, self->id, &fault);
	EXPECT_EQ(PENG_FAULT_MEMORY, nl_u32(fault.of[PENG_A_FAULT_KIND]));
	EXPECT_EQ(0, nl_u32(fault.of[PENG_A_FAULT_VCPU]));
	EXPECT_EQ(EFAULT, nl_u32(fault.of[PENG_A_FAULT_ERROR]));
	EXPECT_EQ(LOST_AT, nl_u64(fault.of[PENG_A_FAULT_IPA]));
}

/* Those that were told and those that were not are all that there were. */
TEST_F(groups, flood)
{
	struct vcpu *v = &self->vm.vcpu[0];
	u32 faults = 0, told = 0, suppressed = 0;
	struct fault fault;

	vcpu_start(v, guest_pairs, GUEST_MMIO_BASE);
	/* Nobody listens: they are not counted. */
	ASSERT_EQ(ENOSYS, ERRNO(ioctl(v->fd, KVM_RUN, 0)));
	ASSERT_EQ(0, nl_join(&self->listener, NL_FAULT));
	while (!suppressed) {
		struct pollfd poll_fd = { .fd = self->listener.fd, .events = POLLIN };

		ASSERT_EQ(ENOSYS, ERRNO(ioctl(v->fd, KVM_RUN, 0)));
		faults++;
		if (poll(&poll_fd, 1, 0) != 1)
			continue;
		next_fault(&self->listener, self->id, &fault);
		told++;
		suppressed = nl_u32(fault.of[PENG_A_FAULT_SUPPRESSED]);
	}
	EXPECT_EQ(faults, told + suppressed);
	EXPECT_LT(told, faults);
}

TEST_F(groups, stats)
{
	struct nl *nl = &self->listener;
	struct nl_counters last[2] = { 0 };
	unsigned int rounds[2] = { 0 };

	ASSERT_EQ(0, nl_join(nl, NL_STATS));
	while (rounds[0] < 3 || rounds[1] < 3) {
		struct nl_counters now;
		u32 vcpu;

		vcpu_expect_sync(&self->vm.vcpu[0], 1);
		vcpu_expect_sync(&self->vm.vcpu[1], 1);
		ASSERT_EQ(0, nl_receive(nl, false, NULL, NULL));
		ASSERT_EQ(PENG_CMD_VCPU_STATS_NTF, nl->cmd);
		if (nl_u32(nl->attrs[PENG_A_VCPU_VM]) != self->id)
			continue;
		vcpu = nl_u32(nl->attrs[PENG_A_VCPU_ID]);
		ASSERT_LT(vcpu, 2);
		nl_parse_counters(nl, &now);
		EXPECT_LT(last[vcpu].of[PENG_A_COUNTER_EXITS], now.of[PENG_A_COUNTER_EXITS]);
		EXPECT_NE(NULL, nl->attrs[PENG_A_VCPU_EXITS]);
		last[vcpu] = now;
		rounds[vcpu]++;
	}
}

/* A VM that is ended while it is told of; whoever drops it last, it is gone. */
TEST_F(groups, stats_of_vms_that_end)
{
	unsigned int i;

	ASSERT_EQ(0, nl_join(&self->listener, NL_STATS));
	ASSERT_EQ(0, nl_join(&self->nl, NL_LIFECYCLE));
	for (i = 0; i < 50; i++) {
		struct vm vm;

		vm_init(&vm, 2, guest_syncs);
		vcpu_expect_sync(&vm.vcpu[0], 1);
		vm_destroy(&vm);
		ASSERT_EQ(PENG_CMD_VM_CREATED_NTF, nl_next_event(&self->nl, getpid()));
		ASSERT_EQ(PENG_CMD_VM_STARTED_NTF, nl_next_event(&self->nl, getpid()));
		ASSERT_EQ(PENG_CMD_VM_DESTROYED_NTF, nl_next_event(&self->nl, getpid()));
	}
}

TEST_HARNESS_MAIN
