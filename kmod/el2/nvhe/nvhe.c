// SPDX-License-Identifier: GPL-2.0-only
/*
 * The nVHE backend as the rest of the module sees it (struct peng_el2_ops).
 *
 * Runs with the host kernel at EL1. The guest's virtual timer and the registers
 * that only EL0 uses are in the CPU from vcpu_load to vcpu_put and are handled
 * here without a call; everything else that the guest has in the CPU is handled
 * by the EL2 image.
 */
#include <linux/errno.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqflags.h>
#include <linux/printk.h>
#include <asm/arch_timer.h>
#include <asm/barrier.h>
#include <asm/sysreg.h>

#include "../../host/firmware.h"
#include "../../host/probe.h"
#include "../mask.h"
#include "../ptrauth.h"
#include "backend.h"
#include "timer.h"

/**
 * peng_nvhe_call() - call the EL2 image of this CPU
 * @nr: function
 * @a: argument
 * @b: argument
 * @c: argument
 *
 * Context: any; acts on the CPU that it happens to run on.
 * Return: the function's result; -ENODEV where EL2 is not peng's, -EIO where
 * it has faulted.
 */
u64 peng_nvhe_call(enum nvhe_call nr, u64 a, u64 b, u64 c)
{
	const struct nvhe_cpu *cpu;
	unsigned long flags;
	u64 ret = -ENODEV;

	local_irq_save(flags);
	cpu = nvhe_this_cpu();
	if (cpu && cpu->up)
		ret = peng_nvhe_hvc(NVHE_CALL_BASE + nr, a, b, c);
	if (unlikely(ret == NVHE_PANIC)) {
		peng_nvhe_report(cpu);
		ret = -EIO;
	}
	local_irq_restore(flags);
	return ret;
}

static void load_el0(struct peng_context *ctx)
{
	struct nvhe_cpu *cpu = nvhe_this_cpu();

#define X(name, vhe, nvhe)					\
	cpu->el0[PENG_##name] = read_sysreg_s(nvhe);		\
	write_sysreg_s(ctx->sys[PENG_##name], nvhe);
	PENG_EL0_REGS(X)
#undef X
}

static void save_el0(struct peng_context *ctx)
{
	const struct nvhe_cpu *cpu = nvhe_this_cpu();

#define X(name, vhe, nvhe)					\
	ctx->sys[PENG_##name] = read_sysreg_s(nvhe);		\
	write_sysreg_s(cpu->el0[PENG_##name], nvhe);
	PENG_EL0_REGS(X)
#undef X
}

static void nvhe_vcpu_load(struct peng_context *ctx)
{
	unsigned long flags;

	local_irq_save(flags);
	peng_nvhe_cpu_retake();
	peng_nvhe_call(NVHE_CALL_LOAD, nvhe_va(ctx), 0, 0);
	local_irq_restore(flags);

	load_el0(ctx);
	el2_ptrauth_load(ctx);
	nvhe_timer_load(ctx);
}

static void nvhe_vcpu_put(struct peng_context *ctx)
{
	nvhe_timer_put(ctx);
	el2_ptrauth_put(ctx);
	save_el0(ctx);
	peng_nvhe_call(NVHE_CALL_PUT, 0, 0, 0);
}

static u64 nvhe_sys_read(const struct peng_context *ctx, enum peng_sys reg)
{
	switch (reg) {
#define X(name, vhe, nvhe)	case PENG_##name: return read_sysreg_s(nvhe);
	PENG_EL0_REGS(X)
#undef X
	default:
		return ctx->sys[reg];
	}
}

static void nvhe_sys_write(struct peng_context *ctx, enum peng_sys reg, u64 val)
{
	switch (reg) {
#define X(name, vhe, nvhe)	case PENG_##name: write_sysreg_s(val, nvhe); break;
	PENG_EL0_REGS(X)
#undef X
	default:
		ctx->sys[reg] = val;
	}
}

/* Somebody wants EL2 to fault; one that waits for its moment waits on. */
static noinline u64 enter_to_fault(void)
{
	int fault = atomic_xchg(&peng_nvhe_injected, NVHE_FAULT_NONE);
	u64 exit;

	if (!fault)
		return peng_nvhe_hvc(NVHE_CALL_BASE + NVHE_CALL_ENTER, 0, 0, 0);
	exit = peng_nvhe_hvc(NVHE_CALL_BASE + NVHE_CALL_FAULT, fault, 0, 0);
	if (exit != NVHE_PANIC)
		atomic_cmpxchg(&peng_nvhe_injected, NVHE_FAULT_NONE, fault);
	return exit;
}

static enum peng_exit nvhe_enter(struct peng_context *ctx)
{
	struct nvhe_cpu *cpu = nvhe_this_cpu();
	struct el2_host_mask mask;
	u64 exit = PENG_EXIT_LOST;

	el2_mask_all(&mask);
	if (likely(cpu->up))
		exit = unlikely(atomic_read(&peng_nvhe_injected)) ? enter_to_fault() :
		       peng_nvhe_hvc(NVHE_CALL_BASE + NVHE_CALL_ENTER, 0, 0, 0);
	el2_unmask(&mask);

	if (unlikely(exit == NVHE_PANIC)) {
		peng_nvhe_report(cpu);
		exit = PENG_EXIT_DEFECT;
	}
	return exit;
}

static u64 nvhe_ich_vtr(void)
{
	return peng_nvhe_call(NVHE_CALL_ICH_VTR, 0, 0, 0);
}

static void nvhe_tlb_flush_vmid(const struct peng_s2_root *root)
{
	peng_nvhe_call(NVHE_CALL_TLB_VMID, root->vttbr, 0, 0);
}

/* Past this many pages the whole VMID is cheaper than page by page. */
#define MAX_RANGE_PAGES		512

static void nvhe_tlb_flush_range(const struct peng_s2_root *root, u64 ipa, u64 size)
{
	if (size > MAX_RANGE_PAGES * PAGE_SIZE)
		nvhe_tlb_flush_vmid(root);
	else
		peng_nvhe_call(NVHE_CALL_TLB_RANGE, root->vttbr, ipa, size);
}

/* The level is a hint, which CPUs without VHE do not know. */
static void nvhe_tlb_flush_ipa(const struct peng_s2_root *root, u64 ipa, int level)
{
	nvhe_tlb_flush_range(root, ipa, PAGE_SIZE);
}

static void nvhe_tlb_flush_local(const struct peng_s2_root *root)
{
	peng_nvhe_call(NVHE_CALL_TLB_LOCAL, root->vttbr, 0, 0);
}

static void nvhe_tlb_flush_ipa_local(const struct peng_s2_root *root, u64 ipa, int level)
{
	nvhe_tlb_flush_local(root);
}

static int nvhe_map(const void *start, size_t size)
{
	return peng_nvhe_map(start, size, NVHE_DATA);
}

/*
 * A kernel that was started at EL2 and runs at EL1 has the physical timer for
 * itself; one that was started at EL1 has the virtual one. There an HVC would
 * be UNDEFINED, or somebody else's.
 */
static bool started_at_el2(void)
{
	int irq = peng_firmware_irq(PENG_LINE_PTIMER);

	return irq > 0 && irq_has_action(irq);
}

/* What the linker script has laid out. */
#define SECTION(name, prot) { peng_nvhe_##name##_start, peng_nvhe_##name##_end, prot }
static const struct {
	const char *start;
	const char *end;
	enum nvhe_prot prot;
} sections[] = {
	SECTION(text, NVHE_TEXT),
	SECTION(tables, NVHE_RODATA),
	SECTION(rodata, NVHE_RODATA),
	SECTION(data, NVHE_RODATA),
};

static int map_image(void)
{
	int i, ret;

	for (i = 0; i < ARRAY_SIZE(sections); i++) {
		ret = peng_nvhe_map(sections[i].start, sections[i].end - sections[i].start,
			       sections[i].prot);
		if (ret)
			return ret;
	}
	return 0;
}

static int nvhe_init(void)
{
	int ret;

	if (!started_at_el2()) {
		pr_err("this kernel was not started at EL2; have the firmware (or the outer hypervisor) start it there\n");
		return -ENODEV;
	}

	peng_nvhe_host = peng_host;
	ret = peng_nvhe_map_init();
	if (ret)
		return ret;
	ret = map_image();
	if (ret)
		goto exit_map;
	ret = peng_nvhe_cpus_init();
	if (ret)
		goto exit_map;
	peng_nvhe_inject_init();
	return 0;

exit_map:
	peng_nvhe_map_exit();
	return ret;
}

static void nvhe_exit(void)
{
	peng_nvhe_inject_exit();
	peng_nvhe_cpus_exit();
	peng_nvhe_map_exit();
}

/* EL2 has done so at the end of the turn. */
static void nvhe_gic_refresh(struct peng_context *ctx)
{
}

const struct peng_el2_ops peng_nvhe_ops = {
	.name = "nvhe",
	.ptimer_trapped = true,
	.init = nvhe_init,
	.exit = nvhe_exit,
	.cpu_up = peng_nvhe_cpu_up,
	.cpu_down = peng_nvhe_cpu_down,
	.ich_vtr = nvhe_ich_vtr,
	.map = nvhe_map,
	.unmap = peng_nvhe_unmap,
	.vcpu_load = nvhe_vcpu_load,
	.vcpu_put = nvhe_vcpu_put,
	.enter = nvhe_enter,
	.sys_read = nvhe_sys_read,
	.sys_write = nvhe_sys_write,
	.gic_refresh = nvhe_gic_refresh,
	.timer_flush = nvhe_timer_flush,
	.timer_sync = nvhe_timer_sync,
	.timer_ctl = nvhe_timer_ctl,
	.tlb_flush_vmid = nvhe_tlb_flush_vmid,
	.tlb_flush_ipa = nvhe_tlb_flush_ipa,
	.tlb_flush_ipa_local = nvhe_tlb_flush_ipa_local,
	.tlb_flush_range = nvhe_tlb_flush_range,
	.tlb_flush_local = nvhe_tlb_flush_local,
};
