// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that time only goes forward in a guest: counters never step back on
 * one vCPU while its thread is moved between host CPUs, nor between vCPUs,
 * and CNTVOFF, as KVM_REG_ARM_TIMER_CNT sets it, holds for all vCPUs of a VM.
 */
#include <sched.h>
#include "kselftest_harness.h"
#include "vm.h"
#include "gic.h"

#define MOVES	200

static u32 moves, finished;

static void guest_watch(u64 arg)
{
	u64 v, p, last_v = 0, last_p = 0;

	while (counter_read(moves) < MOVES) {
		v = counter_virtual();
		p = counter_physical();
		GUEST_ASSERT(v >= last_v);
		GUEST_ASSERT(p >= last_p);
		last_v = v;
		last_p = p;
	}
	counter_set(finished, 1);
}

static void *runner(void *vcpu)
{
	vcpu_finish(vcpu);
	return NULL;
}

TEST(monotonic_across_migration)
{
	long nr = sysconf(_SC_NPROCESSORS_ONLN);
	pthread_t thread;
	struct vm vm;
	cpu_set_t set;

	if (nr < 2)
		SKIP(return, "one CPU: nowhere to move to");
	vm_init(&vm, 1, guest_watch);
	ASSERT_EQ(0, pthread_create(&thread, NULL, runner, &vm.vcpu[0]));
	while (moves < MOVES) {
		CPU_ZERO(&set);
		CPU_SET(moves % nr, &set);
		ASSERT_EQ(0, pthread_setaffinity_np(thread, sizeof(set), &set));
		counter_inc(moves);
		usleep(2000);
	}
	pthread_join(thread, NULL);
	EXPECT_EQ(1, finished);
}

static u64 shared_time;
static u32 turn;

/* Each reads the counter after it saw the other's value. */
static void guest_ping_pong(u64 cpu)
{
	u32 i;
	u64 now;

	for (i = 0; i < 200; i++) {
		GUEST_WAIT(counter_read(turn) % 2 == cpu);
		now = counter_virtual();
		GUEST_ASSERT(now >= shared_time);
		shared_time = now;
		counter_inc(turn);
	}
}

TEST(monotonic_between_vcpus)
{
	struct vm vm;

	vm_init(&vm, 2, guest_ping_pong);
	vm_finish(&vm);
}

static u64 seen[2], start_at;

static void guest_read(u64 cpu)
{
	seen[cpu] = counter_virtual();
}

TEST(offset_holds_for_all_vcpus)
{
	struct vm vm;

	start_at = 1ULL << 40;
	vm_init(&vm, 2, guest_read);
	vcpu_set64(&vm.vcpu[0], KVM_REG_ARM_TIMER_CNT, start_at);
	EXPECT_GE(vcpu_get64(&vm.vcpu[1], KVM_REG_ARM_TIMER_CNT), start_at);
	vm_finish(&vm);
	EXPECT_GE(seen[0], start_at);
	EXPECT_GE(seen[1], start_at);
	EXPECT_LT(seen[0], start_at + (1ULL << 39));
	EXPECT_LT(seen[1], start_at + (1ULL << 39));
}

/* A fresh VM's virtual counter starts near zero, whatever the host's says. */
TEST(starts_near_zero)
{
	struct vm vm;

	vm_init(&vm, 2, guest_read);
	vm_finish(&vm);
	EXPECT_LT(seen[0], read_sysreg(cntfrq_el0) * 60);
	EXPECT_LT(seen[1], read_sysreg(cntfrq_el0) * 60);
}

static void guest_set_timer(u64 arg)
{
	write_sysreg(0x123456789aULL, cntv_cval_el0);
	write_sysreg(3, cntv_ctl_el0);
	isb();
	guest_sync(1);
	GUEST_ASSERT_EQ(read_sysreg(cntv_cval_el0), 0xabcdef);
	GUEST_ASSERT_EQ(read_sysreg(cntv_ctl_el0), 0);
}

TEST(timer_registers_by_ioctl)
{
	struct vcpu *vcpu;
	struct vm vm;

	vm_init(&vm, 1, guest_set_timer);
	vcpu = &vm.vcpu[0];
	vcpu_expect_sync(vcpu, 1);
	EXPECT_EQ(0x123456789aULL, vcpu_get64(vcpu, KVM_REG_ARM_TIMER_CVAL));
	EXPECT_EQ(3, vcpu_get64(vcpu, KVM_REG_ARM_TIMER_CTL) & 3);
	vcpu_set64(vcpu, KVM_REG_ARM_TIMER_CVAL, 0xabcdef);
	vcpu_set64(vcpu, KVM_REG_ARM_TIMER_CTL, 0);
	vcpu_finish(vcpu);
}

TEST_HARNESS_MAIN
