// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that a guest can only harm itself: it touches and runs what is not
 * its own, storms the hypervisor with calls, undefined instructions and cache
 * maintenance, and pokes every interrupt controller register in every width.
 * Each of these guests stays killable, its VM can be destroyed, the host goes
 * on, and (lab/host sees to that) nothing appears in the kernel's log.
 */
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include "kselftest_harness.h"
#include "vm.h"
#include "gic.h"

static u32 loops;

/* Loads and stores where nothing is; user space lets them pass. */
static void guest_outside(u64 arg)
{
	u64 at, n = 0;

	for (at = GUEST_NOWHERE; n < 256; at += 0x123457, n++) {
		mmio_read8(at);
		mmio_write64(at & ~7ULL, n);
		mmio_read32(at & ~3ULL);
	}
}

/* Above the VM's physical address space: a fault of the guest's own. */
static void guest_beyond_ipa(u64 arg)
{
	u64 esr = GUEST_CATCH(mmio_read64(arg));

	GUEST_ASSERT_EQ(ESR_EC(esr), ESR_EC_DABT_CUR);
	esr = GUEST_CATCH(((void (*)(void))arg)());
	GUEST_ASSERT_EQ(ESR_EC(esr), ESR_EC_IABT_CUR);
}

static void guest_jump_to_nowhere(u64 arg)
{
	u64 esr = GUEST_CATCH(((void (*)(void))GUEST_NOWHERE)());

	GUEST_ASSERT_EQ(ESR_EC(esr), ESR_EC_IABT_CUR);
	GUEST_ASSERT_EQ(ESR_FSC(esr), ESR_FSC_EXTABT);
	GUEST_ASSERT_EQ(guest_self()->far, GUEST_NOWHERE);
}

/* MMIO that no syndrome describes is the guest's fault, or user space's call. */
static void guest_mmio_without_syndrome(u64 arg)
{
	u64 a = 1, b = 2;
	u64 esr = GUEST_CATCH(asm volatile("ldp %0, %1, [%2]"
					   : "+r" (a), "+r" (b)
					   : "r" ((u64)GUEST_MMIO_BASE) : "memory"));

	GUEST_ASSERT_EQ(ESR_EC(esr), ESR_EC_DABT_CUR);
	GUEST_ASSERT_EQ(ESR_FSC(esr), ESR_FSC_EXTABT);
	esr = GUEST_CATCH(asm volatile("dc zva, %0" : : "r" ((u64)GUEST_NOWHERE) : "memory"));
	GUEST_ASSERT_EQ(ESR_EC(esr), ESR_EC_DABT_CUR);
}

/* An atomic on a device address, and an exclusive pair. */
static void guest_exclusive_mmio(u64 arg)
{
	u64 esr = GUEST_CATCH(asm volatile("ldxr x0, [%0]" : : "r" ((u64)GUEST_MMIO_BASE)
					   : "x0", "memory"));

	GUEST_ASSERT_EQ(ESR_EC(esr), ESR_EC_DABT_CUR);
}

/* The stage-1 tables, or the vectors, are nowhere: it faults for ever. */
static void guest_no_vectors(u64 arg)
{
	write_sysreg(GUEST_NOWHERE, vbar_el1);
	isb();
	asm volatile(".inst 0");
}

static void guest_no_tables(u64 arg)
{
	write_sysreg(GUEST_NOWHERE, ttbr0_el1);
	isb();
	asm volatile("tlbi vmalle1\n\tdsb nsh\n\tisb" : : : "memory");
	for (;;)
		cpu_relax();
}

static void guest_tables_in_device(u64 arg)
{
	write_sysreg(GUEST_GICD_BASE, ttbr0_el1);
	isb();
	asm volatile("tlbi vmalle1\n\tdsb nsh\n\tisb" : : : "memory");
	for (;;)
		cpu_relax();
}

static void guest_hvc_storm(u64 arg)
{
	for (;; counter_inc(loops))
		asm volatile("hvc #0xffff" : : : "x0", "x1", "x2", "x3", "memory");
}

static void guest_smc_storm(u64 arg)
{
	for (;; counter_inc(loops))
		asm volatile("smc #0xffff" : : : "x0", "x1", "x2", "x3", "memory");
}

static void skip(struct guest_regs *regs)
{
	regs->elr += 4;
}

static void guest_undef_storm(u64 arg)
{
	guest_hooks.sync = skip;
	for (;; counter_inc(loops))
		asm volatile(".inst 0\n\tmrs x0, s3_6_c1_c1_0\n\tmsr s3_4_c1_c1_0, x0"
			     : : : "x0", "memory");
}

static void guest_brk_storm(u64 arg)
{
	guest_hooks.sync = skip;
	for (;; counter_inc(loops))
		asm volatile("brk #0xf000\n\tsvc #0" : : : "memory");
}

/* Cache maintenance by set and way, with the caches going on and off. */
static void guest_setway_storm(u64 arg)
{
	u64 sctlr = read_sysreg(sctlr_el1);

	for (;; counter_inc(loops)) {
		asm volatile("dc cisw, %0\n\tdc csw, %0\n\tdc isw, %0"
			     : : "r" ((u64)loops << 6 & 0xfff0) : "memory");
		write_sysreg(sctlr & ~4ULL, sctlr_el1);
		isb();
		write_sysreg(sctlr, sctlr_el1);
		isb();
	}
}

static void guest_tlbi_storm(u64 arg)
{
	for (;; counter_inc(loops))
		asm volatile("tlbi vmalle1is\n\ttlbi alle1is\n\tdsb ish" : : : "memory");
}

static void guest_wfi_storm(u64 arg)
{
	gic_init();
	irq_disable();
	gic_set_pending(40);
	gic_enable(40);
	for (;; counter_inc(loops)) {
		wfi();
		wfe();
	}
}

/* A level line that nobody lowers, and a timer that is always due. */
static void guest_irq_storm(u64 arg)
{
	gic_init();
	gic_enable(GIC_PPI_VTIMER);
	gic_enable(GIC_PPI_PTIMER);
	write_sysreg(0, cntv_cval_el0);
	write_sysreg(0, cntp_cval_el0);
	write_sysreg(1, cntv_ctl_el0);
	write_sysreg(1, cntp_ctl_el0);
	for (;; counter_inc(loops))
		cpu_relax();
}

static void guest_sgi_storm(u64 arg)
{
	gic_init();
	mmio_write32(gic_frame(0, 0) + GICD_ISENABLER, 0xffff);
	for (;; counter_inc(loops)) {
		write_sysreg(~0ULL, icc_sgi1r_el1);
		write_sysreg(0xffffULL | loops << 24, icc_sgi1r_el1);
		write_sysreg(~0ULL, icc_sgi0r_el1);
		write_sysreg(~0ULL, icc_asgi1r_el1);
	}
}

static u64 random_state = 88172645463325252ULL;

static u64 random64(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static void wild_access(u64 at)
{
	u64 v = random64();

	switch (random64() % 8) {
	case 0:
		mmio_write8(at, v);
		break;
	case 1:
		mmio_write16(at & ~1ULL, v);
		break;
	case 2:
		mmio_write32(at & ~3ULL, v);
		break;
	case 3:
		mmio_write64(at & ~7ULL, v);
		break;
	case 4:
		mmio_read8(at);
		break;
	case 5:
		mmio_read16(at & ~1ULL);
		break;
	case 6:
		mmio_read32(at & ~3ULL);
		break;
	default:
		mmio_read64(at & ~7ULL);
	}
}

/* Some registers of a GIC take other widths than these: external aborts pass. */
static void guest_gic_wild(u64 arg)
{
	u32 i;

	guest_hooks.sync = skip;
	gic_init();
	irq_disable();
	for (i = 0; i < 20000; i++)
		wild_access(GUEST_GICD_BASE + random64() % 0x10000);
	for (i = 0; i < 20000; i++)
		wild_access(GUEST_GICR_BASE + random64() % (2 * GUEST_GICR_STRIDE));
	/* Unaligned accesses to a device are the guest's fault as well. */
	for (i = 0; i < 64; i++) {
		asm volatile("ldr w0, [%0]" : : "r" ((u64)GUEST_GICD_BASE + i) : "x0");
		asm volatile("ldr x0, [%0]" : : "r" ((u64)GUEST_GICR_BASE + i) : "x0");
	}
}

#define WILD_ICC(r) do {						\
	GUEST_CATCH(write_sysreg(random64(), r));			\
	GUEST_CATCH(read_sysreg(r));					\
} while (0)

static void guest_icc_wild(u64 arg)
{
	u32 i;

	gic_init();
	irq_disable();
	for (i = 0; i < 300; i++) {
		WILD_ICC(icc_pmr_el1);
		WILD_ICC(icc_ctlr_el1);
		WILD_ICC(icc_sre_el1);
		WILD_ICC(icc_bpr0_el1);
		WILD_ICC(icc_bpr1_el1);
		WILD_ICC(icc_ap0r0_el1);
		WILD_ICC(icc_ap0r1_el1);
		WILD_ICC(icc_ap0r3_el1);
		WILD_ICC(icc_ap1r0_el1);
		WILD_ICC(icc_ap1r2_el1);
		WILD_ICC(icc_ap1r3_el1);
		WILD_ICC(icc_igrpen0_el1);
		WILD_ICC(icc_igrpen1_el1);
		GUEST_CATCH(write_sysreg(random64(), icc_eoir0_el1));
		GUEST_CATCH(write_sysreg(random64(), icc_eoir1_el1));
		GUEST_CATCH(write_sysreg(random64(), icc_dir_el1));
		GUEST_CATCH(write_sysreg(random64(), icc_sgi1r_el1));
		GUEST_CATCH(read_sysreg(icc_iar0_el1));
		GUEST_CATCH(read_sysreg(icc_iar1_el1));
		GUEST_CATCH(read_sysreg(icc_rpr_el1));
	}
}

static bool swallow(struct vcpu *vcpu)
{
	memset(vcpu->run->mmio.data, 0xff, sizeof(vcpu->run->mmio.data));
	return true;
}

static void start(struct vm *vm, guest_fn fn)
{
	vm_init(vm, 2, fn);
	vm->mmio = swallow;
}

static void run_guest(guest_fn fn, u64 arg)
{
	struct vm vm;

	start(&vm, fn);
	vcpu_start(&vm.vcpu[0], fn, arg);
	vcpu_finish(&vm.vcpu[0]);
	vm_destroy(&vm);
}

TEST(accesses_outside_memory)
{
	run_guest(guest_outside, 0);
}

TEST(accesses_beyond_the_address_space)
{
	/* The default IPA size is 40 bits, the guest's stage 1 reaches 39. */
	struct vm vm;

	vm_open(&vm, 36);
	vm_add_memory(&vm);
	vm_add_vcpu(&vm);
	vm_add_gic(&vm);
	ASSERT_EQ(0, vcpu_init_features(&vm.vcpu[0], 0));
	vcpu_start(&vm.vcpu[0], guest_beyond_ipa, 1ULL << 36);
	vcpu_finish(&vm.vcpu[0]);
}

TEST(jumps_to_nowhere)
{
	run_guest(guest_jump_to_nowhere, 0);
}

TEST(mmio_without_syndrome)
{
	/* Without KVM_CAP_ARM_NISV_TO_USER, KVM_RUN may also say ENOSYS. */
	struct vm vm;
	int error;

	start(&vm, guest_mmio_without_syndrome);
	error = ERRNO(ioctl(vm.vcpu[0].fd, KVM_RUN, 0));
	if (error)
		EXPECT_EQ(ENOSYS, error);
	if (!error)
		EXPECT_EQ(UCALL_DONE, vm.vcpu[0].guest->ucall_cmd);
}

TEST(exclusive_on_mmio)
{
	struct vm vm;
	int error;

	start(&vm, guest_exclusive_mmio);
	error = ERRNO(ioctl(vm.vcpu[0].fd, KVM_RUN, 0));
	if (error)
		EXPECT_EQ(ENOSYS, error);
	if (!error)
		EXPECT_EQ(UCALL_DONE, vm.vcpu[0].guest->ucall_cmd);
}

TEST(wild_distributor_accesses)
{
	run_guest(guest_gic_wild, 0);
}

TEST(wild_cpu_interface_accesses)
{
	run_guest(guest_icc_wild, 0);
}

FIXTURE(endless) {
	int unused;
};

FIXTURE_VARIANT(endless) {
	guest_fn guest;
	bool counts;
};

#define ENDLESS(name, does_count) \
	FIXTURE_VARIANT_ADD(endless, name) { guest_##name, does_count }

ENDLESS(no_vectors, false);
ENDLESS(no_tables, false);
ENDLESS(tables_in_device, false);
ENDLESS(hvc_storm, true);
ENDLESS(smc_storm, true);
ENDLESS(undef_storm, true);
ENDLESS(brk_storm, true);
ENDLESS(setway_storm, true);
ENDLESS(tlbi_storm, false);
ENDLESS(wfi_storm, true);
ENDLESS(irq_storm, false);
ENDLESS(sgi_storm, false);

FIXTURE_SETUP(endless)
{
}

FIXTURE_TEARDOWN(endless)
{
}

static void run_until_killed(guest_fn fn)
{
	struct vm vm;

	start(&vm, fn);
	for (;;)
		ioctl(vm.vcpu[0].fd, KVM_RUN, 0);
}

/* SIGKILL ends it while it storms, which is all that an operator can rely on. */
TEST_F(endless, is_killable)
{
	int status;
	pid_t pid;

	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid)
		run_until_killed(variant->guest);
	usleep(300000);
	ASSERT_EQ(0, waitpid(pid, &status, WNOHANG)) TH_LOG("status %#x", status);
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(SIGKILL, WTERMSIG(status));
}

/*
 * A storm is served, not stuck: it goes on until a signal ends KVM_RUN. On a busy
 * machine that may be before the guest has come anywhere.
 */
TEST_F(endless, makes_progress)
{
	struct vm vm;
	u32 before, i;

	start(&vm, variant->guest);
	for (i = 0; i < 3; i++) {
		before = counter_read(loops);
		do {
			vcpu_run_for_ms(&vm.vcpu[0], 100);
		} while (variant->counts && counter_read(loops) == before);
	}
	vm_destroy(&vm);
}

TEST_HARNESS_MAIN
