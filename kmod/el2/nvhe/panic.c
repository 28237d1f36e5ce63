// SPDX-License-Identifier: GPL-2.0-only
/*
 * The EL2 image has faulted: record what is known, and give the CPU back to
 * the host as it was when the host called. host.S has put the registers into
 * the record; report.c prints it.
 */
#include <asm/barrier.h>
#include <asm/kvm_arm.h>
#include <asm/sysreg.h>

#include "../fast.h"
#include "image.h"

/* AArch64 frame records within one CPU's stack: {caller's record, return address}. */
static void walk_frames(const struct nvhe_cpu *cpu, struct nvhe_panic *p)
{
	u64 top = cpu->own.sp, base = top & PAGE_MASK;
	u64 fp = p->regs[29];

	p->nr_frames = 0;
	while (p->nr_frames < NVHE_MAX_FRAMES && fp >= base && fp + 16 <= top && !(fp % 8)) {
		const u64 *record = (const u64 *)fp;

		p->frames[p->nr_frames++] = record[1];
		/* Records of callers lie above. */
		if (record[0] <= fp)
			break;
		fp = record[0];
	}
}

/**
 * peng_nvhe_panic() - what C has to do with a fault at EL2
 *
 * Context: on the panic stack. The caller goes on to the host, which gets
 * NVHE_PANIC for an answer.
 */
void peng_nvhe_panic(void)
{
	struct nvhe_cpu *cpu = el2_cpu();
	struct nvhe_panic *p = &cpu->panic;

	p->elr = read_sysreg(elr_el2);
	p->spsr = read_sysreg(spsr_el2);
	p->esr = read_sysreg(esr_el2);
	p->far = read_sysreg(far_el2);
	p->hpfar = read_sysreg(hpfar_el2);
	p->in_guest = cpu->in_guest;
	walk_frames(cpu, p);

	if (cpu->in_guest) {
		/* While its registers are in the CPU, nothing traps those. */
		if (cpu->ctx->fp_loaded && cpu->ctx->sve.state)
			EL2_FN(sve_put_host)(cpu->ctx);
		cpu->ctx->fp_loaded = false;
		if (cpu->ctx->trap.hcr & HCR_API) {
			write_sysreg_s(cpu->ctx->host_keys[0], SYS_APIAKEYLO_EL1);
			write_sysreg_s(cpu->ctx->host_keys[1], SYS_APIAKEYHI_EL1);
		}
		write_sysreg(cpu->sp_el0, sp_el0);
		peng_nvhe_restore_host(cpu);
		el2_mte_leave(cpu->ctx, &cpu->mte);
		el2_debug_leave(&cpu->debug);
	}
	/* The guest must not raise interrupts in the host's name. */
	write_sysreg_s(0, SYS_ICH_HCR_EL2);
	isb();
}
