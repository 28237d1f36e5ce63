// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tell the log what the EL2 image knew when it faulted.
 */
#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/smp.h>
#include <linux/vmalloc.h>

#include "backend.h"

/* Symbol, and offset into the image's text for a log without symbols. */
static void print_code(const char *what, u64 va)
{
	const char *pc = nvhe_kva(va);

	if (pc >= peng_nvhe_text_start && pc < peng_nvhe_text_end)
		pr_err("%s %pS (EL2 text + 0x%zx)\n", what, pc, pc - peng_nvhe_text_start);
	else
		pr_err("%s 0x%llx (outside of the EL2 text)\n", what, va);
}

/**
 * peng_nvhe_report() - print a CPU's fault record
 * @cpu: whose host call was answered with NVHE_PANIC
 *
 * Context: any. Not limited in rate: each costs a VM its life.
 */
void peng_nvhe_report(const struct nvhe_cpu *cpu)
{
	const struct nvhe_panic *p = &cpu->panic;
	int i;

	pr_err("fault at EL2 on CPU %d %s: ESR 0x%llx FAR 0x%llx HPFAR 0x%llx PSTATE 0x%llx\n",
	       raw_smp_processor_id(), p->in_guest ? "around a guest" : "in a host call",
	       p->esr, p->far, p->hpfar, p->spsr);
	print_code("at", p->elr);
	print_code("called from", p->regs[30]);
	for (i = 0; i < p->nr_frames; i++)
		print_code("called from", p->frames[i]);
	pr_err("sp  0x%llx, context 0x%llx\n", p->sp, (u64)cpu->ctx);
	for (i = 0; i < 30; i += 3)
		pr_err("x%-2d %016llx x%-2d %016llx x%-2d %016llx\n", i, p->regs[i],
		       i + 1, p->regs[i + 1], i + 2, p->regs[i + 2]);
}
