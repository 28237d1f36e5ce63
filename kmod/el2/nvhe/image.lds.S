/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Linker script of the EL2 image: sections on pages of their own, so that EL2
 * can map each with its own rights and nothing else of the module. The tables of
 * functions are apart because only they may hold addresses (check-image).
 */
#include <asm/page-def.h>

SECTIONS
{
	.peng.nvhe.text : ALIGN(PAGE_SIZE) {
		peng_nvhe_text_start = .;
		*(.text .text.*)
		. = ALIGN(PAGE_SIZE);
		peng_nvhe_text_end = .;
	}
	.peng.nvhe.tables : ALIGN(PAGE_SIZE) {
		peng_nvhe_tables_start = .;
		*(.rodata.el2_table)
		. = ALIGN(PAGE_SIZE);
		peng_nvhe_tables_end = .;
	}
	.peng.nvhe.rodata : ALIGN(PAGE_SIZE) {
		peng_nvhe_rodata_start = .;
		*(.rodata .rodata.*)
		. = ALIGN(PAGE_SIZE);
		peng_nvhe_rodata_end = .;
	}
	.peng.nvhe.data : ALIGN(PAGE_SIZE) {
		peng_nvhe_data_start = .;
		*(.data .data.* .bss .bss.*)
		. = ALIGN(PAGE_SIZE);
		peng_nvhe_data_end = .;
	}
}
