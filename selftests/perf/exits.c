// SPDX-License-Identifier: GPL-2.0-only
/*
 * What one exit costs.  The same guest runs on each device node named on the
 * command line, in one boot of one host, and measures itself by its virtual
 * counter; under `lab/host --icount` an instruction is a nanosecond, so the
 * figures are instructions per round trip, averaged over many.  Prints a table
 * with one column for each node and the ratio of the last to the first.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/arm-smccc.h>
#include "vm.h"
#include "gic.h"

#define NR_WARM		64
#define MAX_DEVICES	4
#define SGI		1

/**
 * struct bench - one row
 * @name: as printed
 * @rounds: how often the guest repeats it
 * @prepare: once, before the clock is read
 * @run: one round trip; returns ticks that are not part of it
 * @finish: once, after the clock was read
 */
struct bench {
	const char *name;
	u32 rounds;
	void (*prepare)(void);
	u64 (*run)(void);
	void (*finish)(void);
};

static volatile u32 taken;
static u64 result;

static u64 nothing(void)
{
	return 0;
}

static u64 hypercall(void)
{
	guest_hvc(ARM_SMCCC_VERSION_FUNC_ID, 0, 0, 0);
	return 0;
}

static u64 read_dist(void)
{
	mmio_read32(GUEST_GICD_BASE + GICD_IIDR);
	return 0;
}

static u64 read_mmio(void)
{
	mmio_read32(GUEST_MMIO_BASE);
	return 0;
}

static void take(u32 intid)
{
	if (intid == GIC_PPI_VTIMER)
		write_sysreg(0, cntv_ctl_el0);
	taken++;
}

static void prepare_sgi(void)
{
	guest_hooks.intid = take;
	gic_init();
	gic_enable(SGI);
}

static u64 send_sgi(void)
{
	u32 before = taken;

	gic_send_sgi(SGI, 1);
	GUEST_WAIT(taken != before);
	return 0;
}

static void prepare_timer(void)
{
	guest_hooks.intid = take;
	gic_init();
	gic_enable(GIC_PPI_VTIMER);
}

static void finish_irqs(void)
{
	irq_disable();
	write_sysreg(0, cntv_ctl_el0);
	gic_disable(GIC_PPI_VTIMER);
	gic_disable(SGI);
}

#define TIMER_TICKS	2000

/* The wait itself does not count, only what comes after the line rises. */
static u64 fire_timer(void)
{
	u32 before = taken;

	write_sysreg(counter_virtual() + TIMER_TICKS, cntv_cval_el0);
	write_sysreg(1, cntv_ctl_el0);
	isb();
	GUEST_WAIT(taken != before);
	return TIMER_TICKS;
}

static u64 sleep_timer(void)
{
	u32 before = taken;

	write_sysreg(counter_virtual() + TIMER_TICKS, cntv_cval_el0);
	write_sysreg(1, cntv_ctl_el0);
	isb();
	irq_disable();
	while (taken == before) {
		wfi();
		irq_enable();
		isb();
		irq_disable();
	}
	irq_enable();
	return TIMER_TICKS;
}

static const struct bench benches[] = {
	{ "empty loop",		4096, NULL, nothing, NULL },
	{ "hypercall",		8192, NULL, hypercall, NULL },
	{ "vGIC read",		8192, NULL, read_dist, NULL },
	{ "MMIO to user space",	4096, NULL, read_mmio, NULL },
	{ "self-IPI",		4096, prepare_sgi, send_sgi, finish_irqs },
	{ "timer interrupt",	1024, prepare_timer, fire_timer, finish_irqs },
	{ "timer, from WFI",	1024, prepare_timer, sleep_timer, finish_irqs },
};

#define NR_BENCHES	(sizeof(benches) / sizeof(benches[0]))

static void guest_measure(u64 arg)
{
	const struct bench *b = &benches[arg];
	u64 start, other = 0;
	u32 i;

	if (b->prepare)
		b->prepare();
	for (i = 0; i < NR_WARM; i++)
		b->run();
	start = counter_virtual();
	for (i = 0; i < b->rounds; i++)
		other += b->run();
	result = counter_virtual() - start - other;
	if (b->finish)
		b->finish();
}

static bool answer(struct vcpu *vcpu)
{
	memset(vcpu->run->mmio.data, 0, sizeof(vcpu->run->mmio.data));
	return true;
}

/* Nanoseconds, which under --icount are instructions, per round; rounded. */
/* Of the guests: none, or with -f all that the host has. */
static u32 features;

static u64 measure(u64 row)
{
	struct vm vm;
	u64 hz;

	vm_init_features(&vm, 1, guest_measure, features, 0);
	vm.mmio = answer;
	vcpu_start(&vm.vcpu[0], guest_measure, row);
	vcpu_finish(&vm.vcpu[0]);
	vm_destroy(&vm);
	hz = read_sysreg(cntfrq_el0);
	return (result * 1000000000ULL / hz + benches[row].rounds / 2) / benches[row].rounds;
}

static void print_ratio(u64 cost, u64 base)
{
	u64 percent = base ? (cost * 100 + base / 2) / base : 0;

	if (base)
		printf("%5lu.%02lu", percent / 100, percent % 100);
	printf("\n");
}

int main(int argc, char **argv)
{
	u64 cost[MAX_DEVICES];
	int nr, dev;
	u64 row;

	if (argc > 1 && !strcmp(argv[1], "-f")) {
		features = host_features();
		argv++;
		argc--;
	}
	nr = argc - 1;
	if (nr < 1 || nr > MAX_DEVICES) {
		fprintf(stderr, "usage: exits [-f] DEVICE...\n");
		return 2;
	}
	printf("%-20s", "instructions");
	for (dev = 0; dev < nr; dev++)
		printf("%12s", argv[dev + 1]);
	printf("%8s\n", nr > 1 ? "ratio" : "");
	for (row = 0; row < NR_BENCHES; row++) {
		printf("%-20s", benches[row].name);
		for (dev = 0; dev < nr; dev++) {
			setenv("PENG_DEVICE", argv[dev + 1], 1);
			cost[dev] = measure(row);
			printf("%12lu", cost[dev]);
		}
		print_ratio(cost[nr - 1], nr > 1 ? cost[0] : 0);
		fflush(stdout);
	}
	return 0;
}
