// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves the two interrupt groups: group 0 is an FIQ acknowledged by
 * ICC_IAR0_EL1, group 1 an IRQ by ICC_IAR1_EL1; each has an enable bit of its
 * own, ICC_SGI0R_EL1 makes only group 0 SGIs, and both groups mix by priority.
 */
#include "kselftest_harness.h"
#include "vm.h"
#include "gic.h"

#define SPI0	40
#define SPI1	41
#define SGI	5

static u32 fiqs, irqs;

static void count_fiq(struct guest_regs *regs)
{
	fiqs++;
	gic_fiq(regs);
}

static void count_irq(struct guest_regs *regs)
{
	irqs++;
	gic_irq(regs);
}

static void prepare(u32 intid, u32 group)
{
	gic_set_group(intid, group);
	if (intid >= GIC_SPI_BASE)
		gic_set_edge(intid, true);
	gic_enable(intid);
}

static void start(void)
{
	guest_hooks.fiq = count_fiq;
	guest_hooks.irq = count_irq;
	gic_init();
	irq_disable();
	prepare(SPI0, 0);
	prepare(SPI1, 1);
}

static void guest_fiq_and_irq(u64 arg)
{
	start();
	gic_set_priority(SPI0, 0x40);
	gic_set_pending(SPI0);
	gic_set_pending(SPI1);
	GUEST_ASSERT_EQ(read_sysreg(icc_hppir0_el1), SPI0);
	/* The CPU is offered only the best of both groups. */
	GUEST_ASSERT_EQ(read_sysreg(isr_el1) & 0xc0, 0x40);
	fiq_enable();
	GUEST_WAIT(fiqs == 1);
	GUEST_ASSERT_EQ(irqs, 0);
	GUEST_ASSERT_EQ(read_sysreg(isr_el1) & 0xc0, 0x80);
	irq_enable();
	GUEST_WAIT(irqs == 1);
	GUEST_ASSERT_EQ(guest_self()->irqs[SPI0], 1);
	GUEST_ASSERT_EQ(guest_self()->irqs[SPI1], 1);
}

static void guest_group0_enable(u64 arg)
{
	start();
	write_sysreg(0, icc_igrpen0_el1);
	isb();
	fiq_enable();
	irq_enable();
	gic_set_pending(SPI0);
	gic_set_pending(SPI1);
	GUEST_WAIT(irqs == 1);
	GUEST_ASSERT_EQ(fiqs, 0);
	write_sysreg(1, icc_igrpen0_el1);
	isb();
	GUEST_WAIT(fiqs == 1);
}

static void send_sgi0(u32 intid)
{
	write_sysreg((u64)intid << ICC_SGI1R_SGI_ID_SHIFT | 1, icc_sgi0r_el1);
	isb();
}

static void guest_sgi0r(u64 arg)
{
	start();
	prepare(SGI, 0);
	prepare(SGI + 1, 1);
	fiq_enable();
	irq_enable();
	send_sgi0(SGI + 1);
	send_sgi0(SGI);
	GUEST_WAIT(fiqs == 1);
	gic_send_sgi(SGI + 1, 1);
	GUEST_WAIT(irqs == 1);
	GUEST_ASSERT_EQ(guest_self()->irqs[SGI], 1);
	GUEST_ASSERT_EQ(guest_self()->irqs[SGI + 1], 1);
}

/* An FIQ of higher priority holds the IRQ back until its EOI. */
static void guest_priorities_mix(u64 arg)
{
	start();
	gic_set_priority(SPI0, 0x40);
	gic_set_priority(SPI1, 0x80);
	gic_set_pending(SPI0);
	gic_set_pending(SPI1);
	GUEST_ASSERT_EQ(read_sysreg(icc_iar0_el1), SPI0);
	GUEST_ASSERT_EQ(gic_ack(), GIC_SPURIOUS);
	write_sysreg(SPI0, icc_eoir0_el1);
	isb();
	GUEST_ASSERT_EQ(gic_ack(), SPI1);
	gic_eoi(SPI1);
}

static void run_guest(guest_fn fn)
{
	struct vm vm;

	vm_init(&vm, 1, fn);
	vcpu_finish(&vm.vcpu[0]);
}

TEST(fiq_and_irq)
{
	run_guest(guest_fiq_and_irq);
}

TEST(group_0_enable)
{
	run_guest(guest_group0_enable);
}

TEST(sgi0r_makes_group_0_only)
{
	run_guest(guest_sgi0r);
}

TEST(priorities_mix)
{
	run_guest(guest_priorities_mix);
}

TEST_HARNESS_MAIN
