// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that registers stay with whom they belong to, under all that can move them:
 * guests with SVE at three vector lengths, with FP alone, and with pointer
 * authentication, and host threads that keep the same registers at lengths of their
 * own, all on two CPUs, preempted, moved from one to the other and in and out of
 * KVM_RUN, until 10,000 switches are over. Whoever finds a register not as it left it
 * counts a mismatch. Where the host has SME, one of its threads is in streaming mode when
 * a guest takes the CPU from it.
 */
#include <sched.h>
#include <stdio.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include "kselftest_harness.h"
#include "fp.h"
#include "pauth.h"
#include "vm.h"

/* Half a minute on an idle machine. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 400

#define NR_SWITCHES	10000
#define POINTER		0x80001234UL

#define HOST_HWCAP2_SME		(1UL << 23)
/* FFR can be used in streaming mode, too. */
#define HOST_HWCAP2_SME_FA64	(1UL << 30)
#define HOST_PR_SME_SET_VL	63

/**
 * struct actor - a guest or a host thread
 * @vq: SVE at vectors of so many units of 128 bits; 0: FP alone
 * @pauth: and it signs pointers
 * @streams: its vectors are those of streaming mode
 * @room: for its SVE registers
 * @mismatches: what it found wrong
 * @switches: times that it has looked
 */
struct actor {
	u32 vq;
	bool pauth;
	bool streams;
	struct sve_state room;
	u64 mismatches;
	u64 switches;
};

static struct actor guests[] = {
	{ .vq = 16, .pauth = true },
	{ .vq = 4 },
	{ .vq = 1, .pauth = true },
	{ .vq = 0 },
};

static struct actor hosts[] = {
	{ .vq = 16, .pauth = true },
	{ .vq = 2 },
	{ .vq = 0, .pauth = true },
	{ .vq = 8, .streams = true },
};

#define NR_GUESTS	ARRAY_SIZE(guests)
#define NR_HOSTS	ARRAY_SIZE(hosts)

static u32 have, stop;
/* Of the threads that run the guests. */
static u64 runner_mismatches;

static void fill(struct actor *a, u64 seed)
{
	if (a->vq)
		sve_fill(&a->room, seed);
	else
		fp_fill(seed);
}

static u64 count_wrong(struct actor *a, u64 seed)
{
	return a->vq ? sve_count_wrong(&a->room, seed) : fp_count_wrong(seed);
}

/* Between fill and look: an exit to user space, one that EL2 ends, or only time. */
static void wait_some(u64 round)
{
	switch (round % 4) {
	case 0:
	case 1:
		guest_sync(round);
		break;
	case 2:
		guest_hvc(0x80000000, 0, 0, 0);	/* SMCCC_VERSION */
		guest_sync(round);
		break;
	case 3:
		guest_delay(3000);
		guest_sync(round);
		break;
	}
}

static void guest_works(u64 which)
{
	struct actor *a = &guests[which];
	struct pauth_signed mine = { 0 };
	u64 i, seed;

	write_sysreg(3 << 20 | (a->vq ? 3 << 16 : 0), cpacr_el1);
	isb();
	if (a->vq)
		write_sysreg(15, s3_0_c1_c2_0);	/* ZCR_EL1 */
	if (a->pauth) {
		pauth_start(which);
		mine = pauth_sign(POINTER, which);
	}
	for (i = 0; !counter_read(stop); i++) {
		/* A shorter length of the guest's own choice, at times. */
		if (a->vq)
			write_sysreg(i % 8 ? 15 : 0, s3_0_c1_c2_0);	/* ZCR_EL1 */
		isb();
		seed = (which + 1) << 32 | i << 6;
		fill(a, seed);
		wait_some(i);
		a->mismatches += count_wrong(a, seed);
		if (a->pauth) {
			a->mismatches += pauth_count_wrong(&mine, POINTER, which);
			a->mismatches += pauth_wrong_keys(which);
		}
		a->switches++;
	}
}

static void run_on(u32 cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	CHECK_FD(sched_setaffinity(0, sizeof(set), &set));
}

static u64 total(void)
{
	u64 sum = 0, i;

	for (i = 0; i < NR_GUESTS; i++)
		sum += counter_read(guests[i].switches);
	return sum;
}

/* SMSTART SM and SMSTOP SM; the registers are lost by either. */
static void stream(const struct actor *a, bool on)
{
	if (!a->streams)
		return;
	if (on)
		asm volatile("msr s0_3_c4_c3_3, xzr" : : : "memory");
	else
		asm volatile("msr s0_3_c4_c2_3, xzr" : : : "memory");
}

/*
 * The registers of this thread are in use: no libc in between, and no system call, which
 * also would end streaming mode.
 */
static void look_after(struct actor *a, const struct pauth_signed *mine, u64 seed)
{
	u32 spin;

	stream(a, true);
	fill(a, seed);
	for (spin = 0; spin < 2000; spin++)
		cpu_relax();
	a->mismatches += count_wrong(a, seed);
	stream(a, false);
	if (a->pauth) {
		a->mismatches += pauth_count_wrong(mine, POINTER, 7);
		a->mismatches += !pauth_holds(*mine, POINTER, 7);
	}
	counter_inc(a->switches);
}

static void *host_works(void *arg)
{
	struct actor *a = arg;
	struct pauth_signed mine = { 0 };
	u64 i;

	if (a->vq)
		CHECK_FD(prctl(a->streams ? HOST_PR_SME_SET_VL : PR_SVE_SET_VL, a->vq * 16));
	if (a->pauth)
		mine = pauth_sign(POINTER, 7);
	for (i = 0; !counter_read(stop); i++) {
		if (i % 64 == 0)
			run_on(i / 64 % 2);
		look_after(a, &mine, (u64)arg << 24 | i << 6);
	}
	return NULL;
}

/* Each exit of the guest is a switch; each 16th goes on on the other CPU. */
static void *guest_runs(void *arg)
{
	struct vcpu *vcpu = arg;
	struct pauth_signed mine = { 0 };
	u64 i;

	if (have & FEATURE_PTRAUTH)
		mine = pauth_sign(POINTER, 8);
	for (i = 0; vcpu_run(vcpu) == UCALL_SYNC; i++) {
		if (have & FEATURE_PTRAUTH && pauth_count_wrong(&mine, POINTER, 8))
			counter_inc(runner_mismatches);
		if (i % 16 == 0)
			run_on(i / 16 % 2);
	}
	return NULL;
}

static u32 features_of(const struct actor *a)
{
	return (a->vq ? FEATURE_SVE : 0) | (a->pauth ? FEATURE_PTRAUTH : 0);
}

/* A host without a feature still has the rest to be mixed up. */
static void forgo_what_is_missing(struct actor *a, size_t nr)
{
	u64 sme = HOST_HWCAP2_SME | HOST_HWCAP2_SME_FA64;

	for (; nr--; a++) {
		if ((getauxval(AT_HWCAP2) & sme) != sme)
			a->streams = false;
		if (!(have & FEATURE_SVE))
			a->vq = 0;
		if (!(have & FEATURE_PTRAUTH))
			a->pauth = false;
	}
}

static u64 sum_mismatches(const struct actor *a, size_t nr)
{
	u64 sum = 0;

	for (; nr--; a++) {
		printf("# %s%u%s%s: %llu mismatches in %llu looks\n", a->vq ? "SVE " : "FP ",
		       a->vq * 128, a->pauth ? ", signs" : "", a->streams ? ", streams" : "",
		       (unsigned long long)a->mismatches, (unsigned long long)a->switches);
		sum += a->mismatches;
	}
	return sum;
}

TEST(registers_stay_with_their_owner)
{
	pthread_t runner[NR_GUESTS], host[NR_HOSTS];
	u64 i, wrong_guest, wrong_host;
	struct vm vms[NR_GUESTS];

	have = host_features();
	forgo_what_is_missing(guests, NR_GUESTS);
	forgo_what_is_missing(hosts, NR_HOSTS);
	for (i = 0; i < NR_GUESTS; i++) {
		vm_init_features(&vms[i], 1, guest_works, features_of(&guests[i]),
				 guests[i].vq);
		vcpu_start(&vms[i].vcpu[0], guest_works, i);
	}
	for (i = 0; i < NR_HOSTS; i++)
		ASSERT_EQ(0, pthread_create(&host[i], NULL, host_works, &hosts[i]));
	for (i = 0; i < NR_GUESTS; i++)
		ASSERT_EQ(0, pthread_create(&runner[i], NULL, guest_runs, &vms[i].vcpu[0]));
	while (total() < NR_SWITCHES)
		usleep(20000);
	counter_set(stop, 1);
	for (i = 0; i < NR_GUESTS; i++)
		pthread_join(runner[i], NULL);
	for (i = 0; i < NR_HOSTS; i++)
		pthread_join(host[i], NULL);

	wrong_guest = sum_mismatches(guests, NR_GUESTS);
	wrong_host = sum_mismatches(hosts, NR_HOSTS) + runner_mismatches;
	printf("# %llu mismatches on guest and host after 10,000 switches\n",
	       (unsigned long long)(wrong_guest + wrong_host));
	fflush(stdout);
	EXPECT_EQ(0, wrong_guest);
	EXPECT_EQ(0, wrong_host);
	for (i = 0; i < NR_GUESTS; i++)
		EXPECT_LT(100, guests[i].switches);
	for (i = 0; i < NR_HOSTS; i++)
		EXPECT_LT(100, hosts[i].switches);
}

TEST_HARNESS_MAIN
