// SPDX-License-Identifier: GPL-2.0-only
/*
 * The world switch where the host kernel runs at EL2.
 *
 * The guest's EL1 registers, Stage-2 root and timers stay in the CPU from
 * vcpu_load to vcpu_put: with HCR_EL2.{E2H,TGE} = {1,1} none of them concerns
 * the host. What does concern it (HCR, CPTR, VBAR, MDSCR, list registers) is
 * switched at each entry. Host values are read before they are changed and put
 * back as they were; none is assumed.
 */
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <asm/barrier.h>
#include <asm/cpufeature.h>
#include <asm/kvm_arm.h>
#include <asm/sysreg.h>

#include "../debug.h"
#include "../fast.h"
#include "../fine.h"
#include "../gic_cpuif.h"
#include "../mask.h"
#include "../mte.h"
#include "../ptrauth.h"
#include "../switch.h"
#include "../timer.h"
#include "vhe.h"

/*
 * What the host had in this CPU's registers. First group: from vcpu_load to
 * vcpu_put. Second: while the guest runs.
 */
struct vhe_host {
	u64 mdcr;
	u64 hstr;
	u64 vttbr;
	u64 vtcr;
	u64 vpidr;
	u64 vmpidr;
	u64 tpidr_el0;
	u64 tpidrro_el0;
	struct el2_fine_traps fine;

	struct el2_host_mask mask;
	u64 hcr;
	u64 cpacr;
	u64 vbar;
	struct el2_host_debug debug;
	struct el2_host_mte mte;
};

static DEFINE_PER_CPU(struct vhe_host, vhe_host);

static void load_el1(const struct peng_context *ctx)
{
#define X(name, vhe, nvhe)	write_sysreg_s(ctx->sys[PENG_##name], vhe);
	PENG_LOADED_REGS(X)
#undef X
}

static void save_el1(struct peng_context *ctx)
{
#define X(name, vhe, nvhe)	ctx->sys[PENG_##name] = read_sysreg_s(vhe);
	PENG_LOADED_REGS(X)
#undef X
}

static void vhe_vcpu_load(struct peng_context *ctx)
{
	struct vhe_host *host = this_cpu_ptr(&vhe_host);

	host->mdcr = read_sysreg(mdcr_el2);
	host->hstr = read_sysreg(hstr_el2);
	host->vttbr = read_sysreg(vttbr_el2);
	host->vtcr = read_sysreg(vtcr_el2);
	host->vpidr = read_sysreg(vpidr_el2);
	host->vmpidr = read_sysreg(vmpidr_el2);
	host->tpidr_el0 = read_sysreg(tpidr_el0);
	host->tpidrro_el0 = read_sysreg(tpidrro_el0);

	load_el1(ctx);
	write_sysreg(ctx->sys[PENG_MIDR_EL1], vpidr_el2);
	write_sysreg(ctx->sys[PENG_MPIDR_EL1], vmpidr_el2);
	/* HPMN, the split of the host's PMU, stays; its SPE and trace buffers are not for EL1. */
	write_sysreg((host->mdcr & MDCR_EL2_HPMN_MASK) | ctx->trap.mdcr, mdcr_el2);
	write_sysreg(ctx->trap.hstr, hstr_el2);
	el2_fine_probe(&host->fine);
	el2_fine_enter(&host->fine);
	if (peng_host.ras)
		write_sysreg_s(ctx->sys[PENG_DISR_EL1], SYS_VDISR_EL2);

	/*
	 * All of stage 1 must be in place before Stage-2 becomes reachable, and
	 * Stage-2 before HCR_EL2.TGE is cleared: a speculative AT must not walk
	 * one VM's tables through another's (errata 1165522 and 1530923).
	 */
	isb();
	write_sysreg(ctx->vtcr, vtcr_el2);
	write_sysreg(ctx->vttbr, vttbr_el2);

	el2_ptrauth_load(ctx);
	el2_timer_load(ctx);
	EL2_FN(gic_load)(ctx);
	isb();
}

static void vhe_vcpu_put(struct peng_context *ctx)
{
	const struct vhe_host *host = this_cpu_ptr(&vhe_host);

	EL2_FN(gic_put)(ctx);
	el2_timer_put(ctx);
	el2_ptrauth_put(ctx);
	save_el1(ctx);
	if (peng_host.ras)
		ctx->sys[PENG_DISR_EL1] = read_sysreg_s(SYS_VDISR_EL2);

	write_sysreg(host->vttbr, vttbr_el2);
	write_sysreg(host->vtcr, vtcr_el2);
	write_sysreg(host->vpidr, vpidr_el2);
	write_sysreg(host->vmpidr, vmpidr_el2);
	write_sysreg(host->mdcr, mdcr_el2);
	write_sysreg(host->hstr, hstr_el2);
	el2_fine_leave(&host->fine);
	write_sysreg(host->tpidr_el0, tpidr_el0);
	write_sysreg(host->tpidrro_el0, tpidrro_el0);
	isb();
}

static void activate_traps(struct peng_context *ctx, struct vhe_host *host)
{
	u64 hcr = ctx->trap.hcr | HCR_E2H;

	host->hcr = read_sysreg(hcr_el2);
	host->cpacr = read_sysreg(cpacr_el1);
	host->vbar = read_sysreg(vbar_el1);

	write_sysreg(ctx->trap.cptr, cpacr_el1);
	if (unlikely(hcr & HCR_VSE) && peng_host.ras)
		write_sysreg_s(ctx->trap.vsesr, SYS_VSESR_EL2);
	write_sysreg(hcr, hcr_el2);
	write_sysreg((u64)peng_vhe_vectors, vbar_el1);
}

static void deactivate_traps(struct peng_context *ctx, const struct vhe_host *host)
{
	/* The CPU clears VSE when the guest takes the virtual SError. */
	if (unlikely(ctx->trap.hcr & HCR_VSE)) {
		ctx->trap.hcr &= ~HCR_VSE;
		ctx->trap.hcr |= read_sysreg(hcr_el2) & HCR_VSE;
	}

	write_sysreg(host->hcr, hcr_el2);
	write_sysreg(host->cpacr, cpacr_el1);
	write_sysreg(host->vbar, vbar_el1);
	/* TGE is back before anything can use the host's EL2&0 regime. */
	isb();
}

static enum peng_exit vhe_enter(struct peng_context *ctx)
{
	struct vhe_host *host = this_cpu_ptr(&vhe_host);
	enum peng_exit exit;

	el2_mask_all(&host->mask);
	el2_debug_enter(ctx, &host->debug);
	el2_mte_enter(ctx, &host->mte);
	EL2_FN(gic_enter)(ctx);
	activate_traps(ctx, host);

	do {
		exit = EL2_FN(enter_guest)(ctx);
	} while (EL2_FN(exit_handled)(ctx, exit));

	el2_flush_serror(ctx, exit);
	if (ctx->fp_loaded)
		EL2_FN(fp_put)(ctx);
	deactivate_traps(ctx, host);
	EL2_FN(gic_leave)(ctx);
	el2_mte_leave(ctx, &host->mte);
	el2_debug_leave(&host->debug);
	el2_unmask(&host->mask);
	return exit;
}

static u64 vhe_sys_read(const struct peng_context *ctx, enum peng_sys reg)
{
	switch (reg) {
#define X(name, vhe, nvhe)	case PENG_##name: return read_sysreg_s(vhe);
	PENG_LOADED_REGS(X)
#undef X
	default:
		return ctx->sys[reg];
	}
}

static void vhe_sys_write(struct peng_context *ctx, enum peng_sys reg, u64 val)
{
	switch (reg) {
#define X(name, vhe, nvhe)	case PENG_##name: write_sysreg_s(val, vhe); break;
	PENG_LOADED_REGS(X)
#undef X
	default:
		ctx->sys[reg] = val;
	}
}

static u64 vhe_ich_vtr(void)
{
	return read_sysreg_s(SYS_ICH_VTR_EL2);
}

static void vhe_gic_refresh(struct peng_context *ctx)
{
	if (ctx->gic.enabled)
		ctx->gic.vmcr = read_sysreg_s(SYS_ICH_VMCR_EL2);
}

/* EL2 sees all that the kernel sees. */
static int vhe_map(const void *start, size_t size)
{
	return 0;
}

static void vhe_unmap(const void *start, size_t size)
{
}

/* Nothing is kept in a CPU outside vcpu_load and vcpu_put. */
static int vhe_cpu_up(void)
{
	return 0;
}

static void vhe_cpu_down(void)
{
}

asmlinkage void __noreturn peng_vhe_bad_exception(u64 esr, u64 elr, u64 far);

/* An exception from EL2 itself while peng's vectors were in place. */
asmlinkage void __noreturn peng_vhe_bad_exception(u64 esr, u64 elr, u64 far)
{
	const struct vhe_host *host = this_cpu_ptr(&vhe_host);

	write_sysreg(host->hcr, hcr_el2);
	isb();
	write_sysreg(host->cpacr, cpacr_el1);
	write_sysreg(host->vbar, vbar_el1);
	isb();
	panic("peng: exception in the world switch at %pS: ESR 0x%llx FAR 0x%llx",
	      (void *)elr, esr, far);
}

const struct peng_el2_ops peng_vhe_ops = {
	.name = "vhe",
	.cpu_up = vhe_cpu_up,
	.cpu_down = vhe_cpu_down,
	.ich_vtr = vhe_ich_vtr,
	.map = vhe_map,
	.unmap = vhe_unmap,
	.vcpu_load = vhe_vcpu_load,
	.vcpu_put = vhe_vcpu_put,
	.enter = vhe_enter,
	.sys_read = vhe_sys_read,
	.sys_write = vhe_sys_write,
	.gic_refresh = vhe_gic_refresh,
	.timer_flush = el2_timer_flush,
	.timer_sync = el2_timer_sync,
	.timer_ctl = el2_timer_ctl,
	.tlb_flush_vmid = peng_vhe_tlb_flush_vmid,
	.tlb_flush_ipa = peng_vhe_tlb_flush_ipa,
	.tlb_flush_ipa_local = peng_vhe_tlb_flush_ipa_local,
	.tlb_flush_range = peng_vhe_tlb_flush_range,
	.tlb_flush_local = peng_vhe_tlb_flush_local,
};
