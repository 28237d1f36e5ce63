// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that FP/SIMD registers belong to their guest: they survive exits to
 * user space that uses the same registers, preemption by a host thread that
 * does, and another VM on the same CPU; a fresh guest finds zeroes, never what
 * the host or another guest left; user space reads what the guest wrote.
 */
#include <sched.h>
#include "kselftest_harness.h"
#include "fp.h"
#include "vm.h"

#define ROUNDS	300

#define ALL_V(op) \
	op(0) op(1) op(2) op(3) op(4) op(5) op(6) op(7) op(8) op(9) op(10) op(11) \
	op(12) op(13) op(14) op(15) op(16) op(17) op(18) op(19) op(20) op(21) op(22) \
	op(23) op(24) op(25) op(26) op(27) op(28) op(29) op(30) op(31)

static void guest_fresh(u64 arg)
{
	u64 wrong = 0, t;

#define ZERO(n)							\
	"mov %1, v" #n ".d[0]\n cmp %1, #0\n cinc %0, %0, ne\n"	\
	"mov %1, v" #n ".d[1]\n cmp %1, #0\n cinc %0, %0, ne\n"
	asm volatile(ALL_V(ZERO) : "+r" (wrong), "=&r" (t) : : "cc", "memory");
	GUEST_ASSERT_EQ(wrong, 0);
	GUEST_ASSERT_EQ(read_sysreg(fpcr), 0);
	GUEST_ASSERT_EQ(read_sysreg(fpsr), 0);
}

static void guest_over_exits(u64 seed)
{
	u64 i;

	for (i = 0; i < ROUNDS; i++) {
		fp_fill(seed + i * 64);
		guest_sync(i);
		GUEST_ASSERT_EQ(fp_count_wrong(seed + i * 64), 0);
	}
}

static u32 stop;

/* Never leaves by itself: only the host's tick takes the CPU away. */
static void guest_over_preemption(u64 seed)
{
	u64 i = seed;

	while (!counter_read(stop)) {
		fp_fill(i);
		guest_delay(2000);
		GUEST_ASSERT_EQ(fp_count_wrong(i), 0);
		i += 64;
	}
}

static void guest_control(u64 arg)
{
	fp_fill(0x1000);
	write_sysreg(0x03000000, fpcr);
	write_sysreg(0x0800001f, fpsr);
	guest_sync(1);
	GUEST_ASSERT_EQ(read_sysreg(fpcr), 0x03000000);
	GUEST_ASSERT_EQ(read_sysreg(fpsr), 0x0800001f);
	guest_sync(2);
	GUEST_ASSERT_EQ(read_sysreg(fpcr), 0x00400000);
	/* User space changed one register, and only that. */
	asm volatile("dup v5.2d, %0" : : "r" (0x1006ULL));
	GUEST_ASSERT_EQ(fp_count_wrong(0x1000), 0);
}

static void pin(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	CHECK_FD(sched_setaffinity(0, sizeof(set), &set));
}

TEST(fresh_guest_finds_zeroes)
{
	struct vm vm;

	fp_fill(0x123456789);
	vm_init(&vm, 1, guest_fresh);
	vcpu_finish(&vm.vcpu[0]);
}

TEST(survive_exits_to_user_space)
{
	struct vm vm;
	u64 i;

	vm_init(&vm, 1, guest_over_exits);
	vcpu_start(&vm.vcpu[0], guest_over_exits, 0x5000);
	for (i = 0; i < ROUNDS; i++) {
		fp_fill(0xaaaa0000 + i);
		vcpu_expect_sync(&vm.vcpu[0], i);
		/* The guest's values must not be here either. */
		ASSERT_NE(0, fp_count_wrong(0x5000 + i * 64));
	}
	vcpu_finish(&vm.vcpu[0]);
}

static void *use_fp(void *seed)
{
	u64 i = (u64)seed;
	u32 spin;

	pin();
	while (!counter_read(stop)) {
		fp_fill(i);
		for (spin = 0; spin < 1000; spin++)
			cpu_relax();
		CHECK(!fp_count_wrong(i), "host registers changed");
		i += 64;
	}
	return NULL;
}

TEST(survive_preemption)
{
	pthread_t host;
	struct vm vms[2];
	int i;

	pin();
	for (i = 0; i < 2; i++) {
		vm_init(&vms[i], 1, guest_over_preemption);
		vcpu_start(&vms[i].vcpu[0], guest_over_preemption, (u64)(i + 1) << 32);
		vcpu_spawn(&vms[i].vcpu[0]);
	}
	ASSERT_EQ(0, pthread_create(&host, NULL, use_fp, (void *)(7UL << 32)));
	sleep(2);
	counter_set(stop, 1);
	for (i = 0; i < 2; i++)
		vcpu_join(&vms[i].vcpu[0]);
	pthread_join(host, NULL);
}

#define FP_REG(field, size) \
	(KVM_REG_ARM64 | KVM_REG_SIZE_##size | KVM_REG_ARM_CORE | \
	 KVM_REG_ARM_CORE_REG(fp_regs.field))

TEST(seen_by_ioctl)
{
	u64 v[2] = { 0, 0 };
	struct vcpu *vcpu;
	struct vm vm;
	u32 word, i;

	vm_init(&vm, 1, guest_control);
	vcpu = &vm.vcpu[0];
	vcpu_expect_sync(vcpu, 1);
	for (i = 0; i < 32; i++) {
		ASSERT_EQ(0, vcpu_get(vcpu, FP_REG(vregs[0], U128) + i * 4, v));
		EXPECT_EQ(0x1001 + i, v[0]);
		EXPECT_EQ(0x1001 + i, v[1]);
	}
	ASSERT_EQ(0, vcpu_get(vcpu, FP_REG(fpcr, U32), &word));
	EXPECT_EQ(0x03000000, word);
	ASSERT_EQ(0, vcpu_get(vcpu, FP_REG(fpsr, U32), &word));
	EXPECT_EQ(0x0800001f, word);
	vcpu_expect_sync(vcpu, 2);
	word = 0x00400000;
	ASSERT_EQ(0, vcpu_set(vcpu, FP_REG(fpcr, U32), &word));
	v[0] = v[1] = 0xffff;
	ASSERT_EQ(0, vcpu_set(vcpu, FP_REG(vregs[5], U128), v));
	vcpu_finish(vcpu);
}

TEST_HARNESS_MAIN
