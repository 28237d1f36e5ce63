// SPDX-License-Identifier: GPL-2.0-only
/*
 * PPI numbers from the device tree or from ACPI.
 *
 * Both paths give the Linux interrupt that the host's own drivers hold for the
 * line: a second mapping of the same GIC interrupt finds the first.
 */
#include <linux/acpi.h>
#include <linux/errno.h>
#include <linux/of.h>
#include <linux/of_irq.h>

#include "firmware.h"

/* Interrupts of an "arm,armv8-timer" node: secure, physical, virtual, hyp. */
#define DT_TIMER_PHYS	1
#define DT_TIMER_VIRT	2

/**
 * struct dt_row - where the device tree has a line
 * @compatible: the node
 * @index: which of the node's interrupts
 */
struct dt_row {
	const char *compatible;
	int index;
};

static const struct dt_row dt_rows[PENG_NR_LINES] = {
	[PENG_LINE_VTIMER] = { "arm,armv8-timer", DT_TIMER_VIRT },
	[PENG_LINE_PTIMER] = { "arm,armv8-timer", DT_TIMER_PHYS },
	[PENG_LINE_MAINT] = { "arm,gic-v3", 0 },
};

static int dt_irq(enum peng_line line)
{
	const struct dt_row *row = &dt_rows[line];
	struct device_node *node;
	unsigned int irq;

	node = of_find_compatible_node(NULL, NULL, row->compatible);
	if (!node)
		return -ENODEV;
	irq = irq_of_parse_and_map(node, row->index);
	of_node_put(node);
	return irq ? (int)irq : -ENODEV;
}

#ifdef CONFIG_ACPI
static int map_gsi(u32 gsi, bool edge, bool low)
{
	int irq;

	if (!gsi)
		return -ENODEV;
	irq = acpi_register_gsi(NULL, gsi, edge ? ACPI_EDGE_SENSITIVE : ACPI_LEVEL_SENSITIVE,
				low ? ACPI_ACTIVE_LOW : ACPI_ACTIVE_HIGH);
	return irq > 0 ? irq : -ENODEV;
}

static int gtdt_irq(enum peng_line line)
{
	struct acpi_table_header *header;
	const struct acpi_table_gtdt *gtdt;
	u32 gsi, flags;

	if (ACPI_FAILURE(acpi_get_table(ACPI_SIG_GTDT, 0, &header)))
		return -ENODEV;
	gtdt = container_of(header, struct acpi_table_gtdt, header);
	if (line == PENG_LINE_VTIMER) {
		gsi = gtdt->virtual_timer_interrupt;
		flags = gtdt->virtual_timer_flags;
	} else {
		gsi = gtdt->non_secure_el1_interrupt;
		flags = gtdt->non_secure_el1_flags;
	}
	acpi_put_table(header);
	return map_gsi(gsi, flags & ACPI_GTDT_INTERRUPT_MODE,
		       flags & ACPI_GTDT_INTERRUPT_POLARITY);
}

/* The first enabled CPU's entry speaks for all: a PPI is the same on each. */
static int madt_irq(void)
{
	struct acpi_table_header *header;
	const struct acpi_subtable_header *sub;
	const void *pos, *end;
	int irq = -ENODEV;

	if (ACPI_FAILURE(acpi_get_table(ACPI_SIG_MADT, 0, &header)))
		return -ENODEV;

	pos = (const void *)header + sizeof(struct acpi_table_madt);
	end = (const void *)header + header->length;
	for (; pos + sizeof(*sub) <= end; pos += sub->length) {
		const struct acpi_madt_generic_interrupt *gicc = pos;

		sub = pos;
		if (sub->length < sizeof(*sub) || pos + sub->length > end)
			break;
		if (sub->type != ACPI_MADT_TYPE_GENERIC_INTERRUPT ||
		    !(gicc->flags & ACPI_MADT_ENABLED))
			continue;
		irq = map_gsi(gicc->vgic_interrupt,
			      gicc->flags & ACPI_MADT_VGIC_IRQ_MODE, false);
		break;
	}
	acpi_put_table(header);
	return irq;
}

static int acpi_irq(enum peng_line line)
{
	return line == PENG_LINE_MAINT ? madt_irq() : gtdt_irq(line);
}
#else
static int acpi_irq(enum peng_line line)
{
	return -ENODEV;
}
#endif

/**
 * peng_firmware_irq() - Linux interrupt number of a line
 * @line: which
 *
 * Context: module load; may sleep.
 * Return: interrupt number, or -ENODEV where the firmware does not name it.
 */
int peng_firmware_irq(enum peng_line line)
{
	return acpi_disabled ? dt_irq(line) : acpi_irq(line);
}
