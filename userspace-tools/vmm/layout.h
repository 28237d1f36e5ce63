/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guest physical address map. Devices sit below 1 GiB, memory starts there, so
 * that 3 GiB of it fit in the smallest IPA space that KVM's API has (32 bits).
 * Nothing here is promised to guests: they learn it from the device tree.
 */
#ifndef PENG_VMM_LAYOUT_H
#define PENG_VMM_LAYOUT_H

#define LAYOUT_SERIAL_BASE	0x01000000UL
#define LAYOUT_SERIAL_SIZE	0x1000UL
#define LAYOUT_RTC_BASE		0x01010000UL
#define LAYOUT_RTC_SIZE		0x1000UL
#define LAYOUT_GPIO_BASE	0x01020000UL
#define LAYOUT_GPIO_SIZE	0x1000UL

/* Spaced by 4 KiB so that an ioremap of one device never covers another. */
#define LAYOUT_VIRTIO_BASE	0x02000000UL
#define LAYOUT_VIRTIO_STRIDE	0x1000UL
#define LAYOUT_VIRTIO_SIZE	0x200UL

#define LAYOUT_GICD_BASE	0x08000000UL
#define LAYOUT_GICD_SIZE	0x10000UL
#define LAYOUT_GICR_BASE	0x08100000UL
/* Two 64 KiB frames for each CPU. */
#define LAYOUT_GICR_STRIDE	0x20000UL

#define LAYOUT_MAX_CPUS		512

#define LAYOUT_RAM_BASE		0x40000000UL

/* Of each CPU's PMU, counted from 0 (INTID 16), as the Base System Architecture has it. */
#define LAYOUT_PPI_PMU		7

/* Shared peripheral interrupts, counted from 0 (INTID 32). */
#define LAYOUT_SPI_SERIAL	0
#define LAYOUT_SPI_RTC		1
#define LAYOUT_SPI_GPIO		2
#define LAYOUT_SPI_VIRTIO	16
#define LAYOUT_SPI_COUNT	96

#endif
