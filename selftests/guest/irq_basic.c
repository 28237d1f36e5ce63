// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves the life of one interrupt on one CPU: edge and level lines of SPIs
 * and PPIs, software pending, each of the masks on the way (enable bit, group
 * enable, distributor, priority mask, PSTATE), active state, spurious reads.
 * Counts are exact: after a line was driven through user space the CPU has
 * entered anew, so an interrupt that is due has been taken.
 */
#include "kselftest_harness.h"
#include "vm.h"
#include "gic.h"

#define SPI	40
#define PPI	20
#define SGI	3

static u32 taken(u32 intid)
{
	return READ_ONCE(guest_self()->irqs[intid]);
}

static void guest_edge(u64 intid)
{
	gic_init();
	gic_set_edge(intid, true);
	gic_enable(intid);
	GUEST_ASSERT_EQ(taken(intid), 0);
	guest_set_line(intid, 1);
	GUEST_WAIT(taken(intid) == 1);
	guest_set_line(intid, 0);
	GUEST_ASSERT_EQ(taken(intid), 1);
	guest_set_line(intid, 1);
	GUEST_WAIT(taken(intid) == 2);
	guest_set_line(intid, 0);
	GUEST_ASSERT_EQ(taken(intid), 2);
}

static void lower_at_third(u32 intid)
{
	if (taken(intid) == 3)
		guest_set_line(intid, 0);
}

static void guest_level(u64 intid)
{
	guest_hooks.intid = lower_at_third;
	gic_init();
	gic_set_edge(intid, false);
	gic_enable(intid);
	guest_set_line(intid, 1);
	GUEST_WAIT(taken(intid) == 3);
	guest_set_line(intid, 0);
	GUEST_ASSERT_EQ(taken(intid), 3);
	GUEST_ASSERT(!gic_pending(intid));
}

/* A level line that falls before it was taken leaves nothing pending. */
static void guest_level_withdrawn(u64 intid)
{
	gic_init();
	irq_disable();
	gic_set_edge(intid, false);
	gic_enable(intid);
	guest_set_line(intid, 1);
	GUEST_ASSERT(gic_pending(intid));
	guest_set_line(intid, 0);
	GUEST_ASSERT(!gic_pending(intid));
	GUEST_ASSERT_EQ(gic_ack(), GIC_SPURIOUS);
	irq_enable();
	guest_set_line(intid, 0);
	GUEST_ASSERT_EQ(taken(intid), 0);
}

static void guest_soft_pending(u64 intid)
{
	gic_init();
	irq_disable();
	gic_enable(intid);
	gic_set_pending(intid);
	GUEST_ASSERT(gic_pending(intid));
	gic_clear_pending(intid);
	GUEST_ASSERT(!gic_pending(intid));
	irq_enable();
	isb();
	GUEST_ASSERT_EQ(taken(intid), 0);
	gic_set_pending(intid);
	GUEST_WAIT(taken(intid) == 1);
	GUEST_ASSERT(!gic_pending(intid));
}

/* Clearing the pending bit does not lower a line that is high. */
static void guest_level_clear(u64 intid)
{
	gic_init();
	irq_disable();
	gic_set_edge(intid, false);
	guest_set_line(intid, 1);
	gic_clear_pending(intid);
	GUEST_ASSERT(gic_pending(intid));
	guest_set_line(intid, 0);
	GUEST_ASSERT(!gic_pending(intid));
}

static void prepare_masked(u32 intid)
{
	gic_init();
	gic_set_edge(intid, true);
	gic_enable(intid);
}

static void guest_enable_bit(u64 intid)
{
	prepare_masked(intid);
	gic_disable(intid);
	GUEST_ASSERT(!gic_enabled(intid));
	gic_set_pending(intid);
	GUEST_ASSERT(gic_pending(intid));
	GUEST_ASSERT_EQ(taken(intid), 0);
	gic_enable(intid);
	GUEST_WAIT(taken(intid) == 1);

	/* Disabled between becoming pending and being taken. */
	irq_disable();
	gic_set_pending(intid);
	gic_disable(intid);
	irq_enable();
	isb();
	GUEST_ASSERT_EQ(taken(intid), 1);
	gic_enable(intid);
	GUEST_WAIT(taken(intid) == 2);
}

static void guest_group_enable(u64 intid)
{
	prepare_masked(intid);
	write_sysreg(0, icc_igrpen1_el1);
	isb();
	gic_set_pending(intid);
	GUEST_ASSERT_EQ(taken(intid), 0);
	write_sysreg(1, icc_igrpen1_el1);
	isb();
	GUEST_WAIT(taken(intid) == 1);
}

static void guest_dist_enable(u64 intid)
{
	u32 ctlr;

	prepare_masked(intid);
	ctlr = mmio_read32(GUEST_GICD_BASE + GICD_CTLR);
	mmio_write32(GUEST_GICD_BASE + GICD_CTLR, GICD_CTLR_ARE_NS);
	gic_set_pending(intid);
	GUEST_ASSERT(gic_pending(intid));
	GUEST_ASSERT_EQ(taken(intid), 0);
	mmio_write32(GUEST_GICD_BASE + GICD_CTLR, ctlr);
	GUEST_WAIT(taken(intid) == 1);
}

static void guest_priority_mask(u64 intid)
{
	prepare_masked(intid);
	gic_set_priority(intid, 0x80);
	gic_set_pmr(0x80);
	gic_set_pending(intid);
	GUEST_ASSERT_EQ(taken(intid), 0);
	gic_set_pmr(0x88);
	GUEST_WAIT(taken(intid) == 1);
}

static void guest_pstate(u64 intid)
{
	prepare_masked(intid);
	irq_disable();
	gic_set_pending(intid);
	GUEST_ASSERT_EQ(taken(intid), 0);
	GUEST_ASSERT(read_sysreg(isr_el1) & 0x80);
	irq_enable();
	GUEST_WAIT(taken(intid) == 1);
	GUEST_ASSERT(!(read_sysreg(isr_el1) & 0x80));
}

static bool active_in_handler;

static void look_active(u32 intid)
{
	active_in_handler = gic_active(intid);
}

static void guest_active(u64 intid)
{
	guest_hooks.intid = look_active;
	prepare_masked(intid);
	gic_set_pending(intid);
	GUEST_WAIT(taken(intid) == 1);
	GUEST_ASSERT(active_in_handler);
	GUEST_ASSERT(!gic_active(intid));

	/* What software made active waits until software ends that. */
	gic_set_active(intid);
	GUEST_ASSERT(gic_active(intid));
	gic_set_pending(intid);
	GUEST_ASSERT_EQ(taken(intid), 1);
	gic_clear_active(intid);
	GUEST_WAIT(taken(intid) == 2);
	GUEST_ASSERT(!gic_active(intid));
}

static void guest_self_sgi(u64 intid)
{
	u32 i;

	gic_init();
	gic_enable(intid);
	for (i = 1; i <= 100; i++) {
		gic_send_sgi(intid, 1);
		GUEST_WAIT(taken(intid) == i);
	}
	gic_send_sgi_others(intid);
	guest_set_line(SPI, 0);
	GUEST_ASSERT_EQ(taken(intid), 100);
}

static void send_again_at_first(u32 intid)
{
	if (taken(intid) == 1)
		gic_send_sgi(intid, 1);
}

/* Sent while the last one is pending, active, disabled or of a group that is off. */
static void guest_self_sgi_again(u64 intid)
{
	guest_hooks.intid = send_again_at_first;
	gic_init();
	gic_enable(intid);
	/* Of what is sent twice one is taken; and one more, sent by the handler. */
	irq_disable();
	gic_send_sgi(intid, 1);
	gic_send_sgi(intid, 1);
	GUEST_ASSERT(gic_pending(intid));
	irq_enable();
	GUEST_WAIT(taken(intid) == 2);
	guest_set_line(SPI, 0);
	GUEST_ASSERT_EQ(taken(intid), 2);
	GUEST_ASSERT(!gic_pending(intid));
	GUEST_ASSERT(!gic_active(intid));

	gic_send_sgi(intid, 1);
	GUEST_WAIT(taken(intid) == 3);
	gic_disable(intid);
	gic_send_sgi(intid, 1);
	GUEST_ASSERT(gic_pending(intid));
	GUEST_ASSERT_EQ(taken(intid), 3);
	gic_enable(intid);
	GUEST_WAIT(taken(intid) == 4);

	gic_send_sgi(intid, 1);
	GUEST_WAIT(taken(intid) == 5);
	write_sysreg(0, icc_igrpen1_el1);
	isb();
	gic_send_sgi(intid, 1);
	GUEST_ASSERT(gic_pending(intid));
	GUEST_ASSERT_EQ(taken(intid), 5);
	write_sysreg(1, icc_igrpen1_el1);
	isb();
	GUEST_WAIT(taken(intid) == 6);
}

static void guest_spurious(u64 intid)
{
	gic_init();
	GUEST_ASSERT_EQ(gic_ack(), GIC_SPURIOUS);
	GUEST_ASSERT_EQ(read_sysreg(icc_hppir1_el1), GIC_SPURIOUS);
	GUEST_ASSERT_EQ(read_sysreg(icc_iar0_el1), GIC_SPURIOUS);
	irq_disable();
	prepare_masked(intid);
	irq_disable();
	gic_set_pending(intid);
	GUEST_ASSERT_EQ(read_sysreg(icc_hppir1_el1), intid);
	GUEST_ASSERT_EQ(gic_ack(), intid);
	GUEST_ASSERT_EQ(gic_ack(), GIC_SPURIOUS);
	gic_eoi(intid);
}

FIXTURE(irq) {
	struct vm vm;
};

FIXTURE_VARIANT(irq) {
	guest_fn guest;
	u32 intid;
	/* KVM does otherwise, against the architecture. */
	const char *kvm_fails;
};

#define VARIANT(n, fn, irq_nr) \
	FIXTURE_VARIANT_ADD(irq, n) { .guest = fn, .intid = irq_nr }

VARIANT(spi_edge, guest_edge, SPI);
VARIANT(spi_level, guest_level, SPI);
VARIANT(ppi_level, guest_level, PPI);
VARIANT(spi_level_withdrawn, guest_level_withdrawn, SPI);
VARIANT(ppi_level_withdrawn, guest_level_withdrawn, PPI);
VARIANT(spi_soft_pending, guest_soft_pending, SPI);
VARIANT(ppi_soft_pending, guest_soft_pending, PPI);
VARIANT(sgi_soft_pending, guest_soft_pending, SGI);
VARIANT(spi_level_clear, guest_level_clear, SPI);
VARIANT(ppi_level_clear, guest_level_clear, PPI);
VARIANT(spi_enable_bit, guest_enable_bit, SPI);
VARIANT(ppi_enable_bit, guest_enable_bit, PPI);
VARIANT(sgi_enable_bit, guest_enable_bit, SGI);
VARIANT(spi_group_enable, guest_group_enable, SPI);
FIXTURE_VARIANT_ADD(irq, spi_dist_enable) {
	.guest = guest_dist_enable, .intid = SPI,
	.kvm_fails = "KVM loses what becomes pending while GICD_CTLR has it off",
};
FIXTURE_VARIANT_ADD(irq, sgi_dist_enable) {
	.guest = guest_dist_enable, .intid = SGI,
	.kvm_fails = "KVM loses what becomes pending while GICD_CTLR has it off",
};
VARIANT(spi_priority_mask, guest_priority_mask, SPI);
VARIANT(spi_pstate, guest_pstate, SPI);
VARIANT(spi_active, guest_active, SPI);
VARIANT(ppi_active, guest_active, PPI);
VARIANT(sgi_active, guest_active, SGI);
VARIANT(self_sgi, guest_self_sgi, SGI);
VARIANT(self_sgi_again, guest_self_sgi_again, SGI);
VARIANT(spurious, guest_spurious, SPI);

FIXTURE_SETUP(irq)
{
	vm_init(&self->vm, 1, variant->guest);
	self->vm.mmio = vm_line_device;
	vcpu_start(&self->vm.vcpu[0], variant->guest, variant->intid);
}

FIXTURE_TEARDOWN(irq)
{
	vm_destroy(&self->vm);
}

TEST_F_TIMEOUT(irq, holds, 15)
{
	if (variant->kvm_fails && dev_is_kvm())
		SKIP(return, "%s", variant->kvm_fails);
	vcpu_finish(&self->vm.vcpu[0]);
}

/* Raised from outside while the CPU spins and while it sleeps in WFI. */
static void guest_kicked(u64 sleep)
{
	gic_init();
	irq_disable();
	gic_set_edge(SPI, true);
	gic_enable(SPI);
	guest_sync(1);
	while (!taken(SPI)) {
		if (sleep)
			wfi();
		irq_enable();
		isb();
		irq_disable();
	}
	GUEST_ASSERT_EQ(taken(SPI), 1);
}

static void kick_running(u64 sleep)
{
	struct vm vm;
	int i;

	for (i = 0; i < 20; i++) {
		vm_init(&vm, 1, guest_kicked);
		vcpu_start(&vm.vcpu[0], guest_kicked, sleep);
		vcpu_expect_sync(&vm.vcpu[0], 1);
		vcpu_spawn(&vm.vcpu[0]);
		usleep(i * 500);
		CHECK_FD(vm_irq_line(&vm, SPI, 1));
		vcpu_join(&vm.vcpu[0]);
		vm_destroy(&vm);
	}
}

TEST(reaches_a_spinning_cpu)
{
	kick_running(0);
}

TEST(wakes_a_sleeping_cpu)
{
	kick_running(1);
}

TEST_HARNESS_MAIN
