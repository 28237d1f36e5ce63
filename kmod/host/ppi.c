// SPDX-License-Identifier: GPL-2.0-only
/*
 * The three per-CPU lines that guests need, owned or borrowed (ppi.h).
 *
 * lines[] is written at load only. The active state of a line belongs to the
 * vCPU that is loaded on the CPU.
 */
#include <linux/cpuhotplug.h>
#include <linux/errno.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqdesc.h>
#include <linux/percpu.h>
#include <linux/printk.h>

#include "../el2/el2.h"
#include "firmware.h"
#include "ppi.h"
#include "probe.h"

/**
 * struct line - one of the lines
 * @name: as /proc/interrupts shows it where peng owns it
 * @irq: Linux interrupt
 * @intid: GIC interrupt number
 * @owned: requested by peng; else built-in KVM has it
 */
struct line {
	const char *name;
	unsigned int irq;
	u32 intid;
	bool owned;
};

/*
 * A line that peng does without stays empty: on an nVHE host the physical timer
 * is the host's own, and a guest's is emulated.
 */
static struct line lines[PENG_NR_LINES] = {
	[PENG_LINE_VTIMER] = { .name = "peng vtimer" },
	[PENG_LINE_PTIMER] = { .name = "peng ptimer" },
	[PENG_LINE_MAINT] = { .name = "peng vgic" },
};

/* request_percpu_irq() wants a per-CPU cookie; nothing is kept in it. */
static DEFINE_PER_CPU(int, line_cookie);
static int hotplug_state;

/*
 * Runs only where the line was already on its way to the CPU when it was
 * lowered: the line is quiet or held active whenever the host takes interrupts.
 */
static irqreturn_t line_handler(int irq, void *cookie)
{
	return IRQ_HANDLED;
}

u32 peng_ppi_intid(enum peng_line line)
{
	return lines[line].intid;
}

bool peng_ppi_owned(enum peng_line line)
{
	return lines[line].owned;
}

/**
 * peng_ppi_set_active() - hold a line, or let it go
 * @line: which
 * @active: an active interrupt is not signalled again, even if its line is high
 *
 * Context: preemption off; interrupts may be masked. Acts on this CPU.
 */
void peng_ppi_set_active(enum peng_line line, bool active)
{
	WARN_ON_ONCE(irq_set_irqchip_state(lines[line].irq, IRQCHIP_STATE_ACTIVE, active));
}

static int line_online(unsigned int cpu)
{
	int i;

	for (i = 0; i < PENG_NR_LINES; i++)
		if (lines[i].owned)
			enable_percpu_irq(lines[i].irq, irq_get_trigger_type(lines[i].irq));
	return 0;
}

static int line_offline(unsigned int cpu)
{
	int i;

	for (i = 0; i < PENG_NR_LINES; i++)
		if (lines[i].owned)
			disable_percpu_irq(lines[i].irq);
	return 0;
}

static int find_line(struct line *line, int irq)
{
	struct irq_data *data;

	if (irq < 0)
		return irq;
	data = irq_get_irq_data(irq);
	if (!data)
		return -ENODEV;
	line->irq = irq;
	line->intid = irqd_to_hwirq(data);
	return 0;
}

/*
 * Look before asking: a request that fails makes the kernel log a "Flags
 * mismatch" that an operator would take for a fault.
 */
static int take_line(struct line *line)
{
	int ret;

	if (!line->irq)
		return 0;

	if (irq_has_action(line->irq)) {
		line->owned = false;
		return 0;
	}

	ret = request_percpu_irq(line->irq, line_handler, line->name, &line_cookie);
	if (ret)
		return ret;
	line->owned = true;
	return 0;
}

static void give_lines(void)
{
	int i;

	for (i = PENG_NR_LINES - 1; i >= 0; i--) {
		if (!lines[i].owned)
			continue;
		free_percpu_irq(lines[i].irq, &line_cookie);
		lines[i].owned = false;
	}
}

/**
 * peng_ppi_init() - find the lines, and take those that are free
 *
 * Sets peng_host.kvm_present where one of them is somebody else's.
 *
 * Context: module load; may sleep.
 * Return: 0, -ENODEV where the firmware does not name a line, or -errno of
 * request_percpu_irq().
 */
int peng_ppi_init(void)
{
	int i, ret;

	for (i = 0; i < PENG_NR_LINES; i++) {
		if (i == PENG_LINE_PTIMER && peng_el2->ptimer_trapped)
			continue;
		ret = find_line(&lines[i], peng_firmware_irq(i));
		if (ret) {
			pr_err("the firmware names no interrupt for \"%s\"; a guest cannot run without it\n",
			       lines[i].name);
			return ret;
		}
	}

	for (i = 0; i < PENG_NR_LINES; i++) {
		ret = take_line(&lines[i]);
		if (ret)
			goto give;
		if (lines[i].irq && !lines[i].owned)
			peng_host.kvm_present = true;
	}

	ret = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "peng/ppi:online",
				line_online, line_offline);
	if (ret < 0)
		goto give;
	hotplug_state = ret;
	return 0;

give:
	give_lines();
	return ret;
}

/**
 * peng_ppi_exit() - give the owned lines back
 *
 * Context: module unload, no VM exists; may sleep.
 */
void peng_ppi_exit(void)
{
	cpuhp_remove_state(hotplug_state);
	give_lines();
}
