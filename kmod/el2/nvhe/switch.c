// SPDX-License-Identifier: GPL-2.0-only
/*
 * The world switch at EL2 for a host kernel at EL1.
 *
 * Host and guest share the EL1 registers, so each turn switches them both ways.
 * What only EL2 and the guest's own GIC and timer state hold stays in the CPU
 * from load to put. The host's EL2 values are read at load, when they are as
 * they were found, and put back as they were; none is assumed.
 */
#include <linux/errno.h>
#include <asm/barrier.h>
#include <asm/kvm_arm.h>
#include <asm/pgtable-hwdef.h>
#include <asm/sysreg.h>

#include "../../host/probe.h"
#include "../fast.h"
#include "../gic_cpuif.h"
#include "../switch.h"
#include "../timer.h"
#include "image.h"

/* EL2's stage 1 maps what the host has registered, and nothing else. */
static bool writable(u64 va)
{
	asm volatile("at s1e2w, %0" : : "r" (va));
	isb();
	return !(read_sysreg_par() & SYS_PAR_EL1_F);
}

static bool ctx_valid(u64 va)
{
	return !(va % PAGE_SIZE) && writable(va) &&
	       writable(va + sizeof(struct peng_context) - 1);
}

static void read_controls(struct nvhe_el2_controls *c)
{
	c->hcr = read_sysreg(hcr_el2);
	c->cptr = read_sysreg(cptr_el2);
	c->mdcr = read_sysreg(mdcr_el2);
	c->cnthctl = read_sysreg(cnthctl_el2);
	c->vttbr = read_sysreg(vttbr_el2);
	c->vpidr = read_sysreg(vpidr_el2);
	c->vmpidr = read_sysreg(vmpidr_el2);
}

/* All but HCR_EL2 and VTTBR_EL2, whose place in the order matters. */
static void write_controls(const struct nvhe_el2_controls *c)
{
	write_sysreg(c->cptr, cptr_el2);
	write_sysreg(c->mdcr, mdcr_el2);
	write_sysreg(c->cnthctl, cnthctl_el2);
	write_sysreg(c->vpidr, vpidr_el2);
	write_sysreg(c->vmpidr, vmpidr_el2);
}

static void guest_controls(struct nvhe_cpu *cpu, const struct peng_context *ctx)
{
	struct nvhe_el2_controls *c = &cpu->guest;

	/* The context has CPTR_EL2 in its E2H=1 layout. */
	c->cptr = CPTR_NVHE_EL2_RES1 | EL2_CPTR_TSM | CPTR_EL2_TZ | CPTR_EL2_TFP;
	if (ctx->trap.cptr & EL2_CPACR_TTA)
		c->cptr |= CPTR_EL2_TTA;
	c->cptr |= ctx->trap.cptr & CPTR_EL2_TAM;
	/* HPMN, the split of the host's PMU, stays. */
	c->mdcr = (cpu->host.mdcr & MDCR_EL2_HPMN_MASK) | ctx->trap.mdcr;
	/* The physical timer is the host's; its counter is for all, but with an offset. */
	c->cnthctl = cpu->host.cnthctl & ~(CNTHCTL_EL1PCEN | CNTHCTL_EL1PCTEN);
	if (!ctx->timer.cntpoff)
		c->cnthctl |= CNTHCTL_EL1PCTEN;
	c->vttbr = ctx->vttbr;
	c->vpidr = ctx->sys[PENG_MIDR_EL1];
	c->vmpidr = ctx->sys[PENG_MPIDR_EL1];
}

/* NVHE_CALL_LOAD */
u64 peng_nvhe_load(u64 va, u64 b, u64 c)
{
	struct nvhe_cpu *cpu = el2_cpu();
	struct peng_context *ctx = (struct peng_context *)va;

	if (cpu->ctx || !ctx_valid(va))
		return -EINVAL;

	read_controls(&cpu->host);
	guest_controls(cpu, ctx);
	cpu->vtcr = read_sysreg(vtcr_el2);
	cpu->hstr = read_sysreg(hstr_el2);
	el2_fine_probe(&cpu->fine);
	ctx->timer.host_cntvoff = read_sysreg(cntvoff_el2);

	/*
	 * Nobody at EL1 or EL0 uses these meanwhile: the host runs no user space
	 * on this CPU before put, and reads the physical counter.
	 */
	write_sysreg(ctx->vtcr, vtcr_el2);
	write_sysreg(ctx->trap.hstr, hstr_el2);
	write_sysreg(ctx->timer.cntvoff, cntvoff_el2);
	if (peng_host.ras) {
		cpu->vdisr = read_sysreg_s(SYS_VDISR_EL2);
		write_sysreg_s(ctx->sys[PENG_DISR_EL1], SYS_VDISR_EL2);
	}
	EL2_FN(gic_load)(ctx);
	/* The host is at EL1 too: its GIC is not to trap between the turns. */
	write_sysreg_s(0, SYS_ICH_HCR_EL2);
	cpu->ctx = ctx;
	return 0;
}

/* NVHE_CALL_PUT */
u64 peng_nvhe_put(u64 a, u64 b, u64 c)
{
	struct nvhe_cpu *cpu = el2_cpu();
	struct peng_context *ctx = cpu->ctx;

	if (!ctx)
		return -EINVAL;

	EL2_FN(gic_put)(ctx);
	if (peng_host.ras) {
		ctx->sys[PENG_DISR_EL1] = read_sysreg_s(SYS_VDISR_EL2);
		write_sysreg_s(cpu->vdisr, SYS_VDISR_EL2);
	}
	write_sysreg(ctx->timer.host_cntvoff, cntvoff_el2);
	write_sysreg(cpu->hstr, hstr_el2);
	write_sysreg(cpu->vtcr, vtcr_el2);
	cpu->ctx = NULL;
	return 0;
}

/*
 * Erratum 1319367 (Cortex-A57 and A72): a speculative AT may fill the TLB from
 * a mix of two worlds. While they are exchanged, stage 1 is on, so that no VA
 * is taken for an IPA, and its walks are forbidden, so that none goes through
 * the wrong Stage-2. A host kernel at EL1 has its stage 1 on.
 */
static void forbid_walks(void)
{
	sysreg_clear_set(tcr_el1, 0, TCR_EPD0_MASK | TCR_EPD1_MASK);
	isb();
	sysreg_clear_set(sctlr_el1, 0, SCTLR_ELx_M);
	isb();
}

/* Everything else is in place: stage 1 may be walked again. */
static void write_el1_controls(u64 sctlr, u64 tcr)
{
	if (peng_host.spec_at) {
		isb();
		write_sysreg(sctlr, sctlr_el1);
		isb();
		write_sysreg(tcr, tcr_el1);
	} else {
		write_sysreg(sctlr, sctlr_el1);
		write_sysreg(tcr, tcr_el1);
	}
}

static void save_host_el1(struct nvhe_cpu *cpu)
{
	cpu->sp_el0 = read_sysreg(sp_el0);
#define X(name, vhe, nvhe)	cpu->el1[PENG_##name] = read_sysreg_s(nvhe);
	PENG_EL1_CONTROL_REGS(X)
	PENG_EL1_REGS(X)
#undef X
}

static void save_guest_el1(struct peng_context *ctx)
{
#define X(name, vhe, nvhe)	ctx->sys[PENG_##name] = read_sysreg_s(nvhe);
	PENG_EL1_CONTROL_REGS(X)
	PENG_EL1_REGS(X)
	PENG_EL1_FAULT_REGS(X)
#undef X
}

/* Host and guest are both at EL1, so counters of one of them stop for the other. */
static void count_for_guest(const struct peng_pmu_regs *pmu)
{
	if (likely(!(pmu->guest_only | pmu->host_only)))
		return;
	write_sysreg(pmu->host_only, pmcntenclr_el0);
	write_sysreg(pmu->guest_only, pmcntenset_el0);
}

static void count_for_host(const struct peng_pmu_regs *pmu)
{
	if (likely(!(pmu->guest_only | pmu->host_only)))
		return;
	write_sysreg(pmu->guest_only, pmcntenclr_el0);
	write_sysreg(pmu->host_only, pmcntenset_el0);
}

/* The guest's state instead of the host's, from here on. */
static void enter_world(struct nvhe_cpu *cpu, const struct peng_context *ctx)
{
	save_host_el1(cpu);
	cpu->in_guest = true;
	count_for_guest(&ctx->pmu);
	if (peng_host.spec_at)
		forbid_walks();

#define X(name, vhe, nvhe)	write_sysreg_s(ctx->sys[PENG_##name], nvhe);
	PENG_EL1_REGS(X)
	PENG_EL1_FAULT_REGS(X)
#undef X
	write_controls(&cpu->guest);
	el2_fine_enter(&cpu->fine);
	if (unlikely(ctx->trap.hcr & HCR_VSE) && peng_host.ras)
		write_sysreg_s(ctx->trap.vsesr, SYS_VSESR_EL2);
	write_sysreg(ctx->vttbr, vttbr_el2);
	write_sysreg(ctx->trap.hcr, hcr_el2);
	write_el1_controls(ctx->sys[PENG_SCTLR_EL1], ctx->sys[PENG_TCR_EL1]);
	write_sysreg((u64)peng_nvhe_vectors, vbar_el2);
}

/**
 * peng_nvhe_restore_host() - the host's state, in whatever state EL1 is
 * @cpu: in_guest
 */
void peng_nvhe_restore_host(struct nvhe_cpu *cpu)
{
	if (peng_host.spec_at)
		forbid_walks();
	count_for_host(&cpu->ctx->pmu);
	write_sysreg(cpu->host.hcr, hcr_el2);
	write_sysreg(cpu->host.vttbr, vttbr_el2);
	write_controls(&cpu->host);
	el2_fine_leave(&cpu->fine);
	if (peng_host.spec_at)
		isb();
#define X(name, vhe, nvhe)	write_sysreg_s(cpu->el1[PENG_##name], nvhe);
	PENG_EL1_REGS(X)
#undef X
	write_el1_controls(cpu->el1[PENG_SCTLR_EL1], cpu->el1[PENG_TCR_EL1]);
	write_sysreg((u64)peng_nvhe_host_vectors, vbar_el2);
	cpu->in_guest = false;
}

/* The CPU clears VSE when the guest takes the virtual SError. */
static void sync_vse(struct peng_context *ctx)
{
	if (unlikely(ctx->trap.hcr & HCR_VSE)) {
		ctx->trap.hcr &= ~HCR_VSE;
		ctx->trap.hcr |= read_sysreg(hcr_el2) & HCR_VSE;
	}
}

/* All that is the host's is kept, and the guest's is in its place. */
static __always_inline void begin_turn(struct nvhe_cpu *cpu, struct peng_context *ctx)
{
	el2_debug_enter(ctx, &cpu->debug);
	el2_mte_enter(ctx, &cpu->mte);
	EL2_FN(gic_enter)(ctx);
	if (unlikely(!ctx->gic.enabled))
		write_sysreg_s(EL2_NO_GIC_TRAPS, SYS_ICH_HCR_EL2);
	enter_world(cpu, ctx);
}

static __always_inline enum peng_exit run_guest(struct peng_context *ctx)
{
	enum peng_exit exit;

	do {
		exit = EL2_FN(enter_guest)(ctx);
	} while (EL2_FN(exit_handled)(ctx, exit));
	return exit;
}

static __always_inline void end_turn(struct nvhe_cpu *cpu, struct peng_context *ctx,
				     enum peng_exit exit)
{
	el2_flush_serror(ctx, exit);
	if (ctx->fp_loaded)
		EL2_FN(fp_put)(ctx);
	sync_vse(ctx);
	save_guest_el1(ctx);
	peng_nvhe_restore_host(cpu);
	EL2_FN(gic_leave)(ctx);
	if (unlikely(!ctx->gic.enabled))
		write_sysreg_s(0, SYS_ICH_HCR_EL2);
	el2_mte_leave(ctx, &cpu->mte);
	el2_debug_leave(&cpu->debug);
}

/* NVHE_CALL_ENTER: enum peng_exit */
u64 peng_nvhe_enter(u64 a, u64 b, u64 c)
{
	struct nvhe_cpu *cpu = el2_cpu();
	struct peng_context *ctx = cpu->ctx;
	enum peng_exit exit;

	if (unlikely(!ctx))
		return PENG_EXIT_LOST;

	begin_turn(cpu, ctx);
	exit = run_guest(ctx);
	end_turn(cpu, ctx, exit);
	return exit;
}

/* What entry.S does to it on the way to the guest. */
static void load_instruction_key(const struct peng_context *ctx)
{
	if (!(ctx->trap.hcr & HCR_API))
		return;
	write_sysreg_s(ctx->sys[PENG_APIAKEYLO_EL1], SYS_APIAKEYLO_EL1);
	write_sysreg_s(ctx->sys[PENG_APIAKEYHI_EL1], SYS_APIAKEYHI_EL1);
}

/*
 * NVHE_CALL_FAULT: in the midst of a turn, as far from home as can be. One that is to
 * wait for the guest's FP registers is for a later turn if the guest does not use them
 * in this one, which then is as any other.
 */
u64 peng_nvhe_enter_to_fault(u64 fault, u64 b, u64 c)
{
	struct nvhe_cpu *cpu = el2_cpu();
	struct peng_context *ctx = cpu->ctx;
	enum peng_exit exit;

	if (!ctx || !peng_nvhe_fault_exists(fault))
		return PENG_EXIT_LOST;

	begin_turn(cpu, ctx);
	if (fault & NVHE_FAULT_WITH_FP) {
		exit = run_guest(ctx);
		if (!ctx->fp_loaded) {
			end_turn(cpu, ctx, exit);
			return exit;
		}
	}
	load_instruction_key(ctx);
	peng_nvhe_fault(fault);
	/* Not reached. */
	return PENG_EXIT_LOST;
}
