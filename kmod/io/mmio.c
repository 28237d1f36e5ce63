// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data aborts on addresses that are not memory.
 *
 * The syndrome (Arm ARM D17.2.37, ISS encoding for an exception from a Data
 * Abort) describes loads and stores of one register; the instruction itself is
 * never read. The vCPU's own thread is the only user of vcpu->mmio.
 *
 * What all accesses have in common is inline, so that a decoded access need not be put
 * together in memory, byte by byte, to be taken apart again.
 */
#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/swab.h>
#include <asm/esr.h>
#include <asm/kvm_arm.h>
#include <asm/ptrace.h>
#include <asm/sysreg.h>

#include "../inject.h"
#include "../trace.h"
#include "../vcpu.h"
#include "../vm.h"
#include "bus.h"
#include "coalesced.h"
#include "mmio.h"

/* Whether the guest's data accesses were big-endian where it faulted. */
static __always_inline bool guest_is_be(const struct peng_vcpu *vcpu)
{
	u64 pstate = vcpu->ctx.regs.pstate;

	if (pstate & PSR_MODE32_BIT)
		return pstate & PSR_AA32_E_BIT;
	if ((pstate & PSR_MODE_MASK) == PSR_MODE_EL0t)
		return vcpu->ctx.fault.sctlr & SCTLR_EL1_E0E;
	return vcpu->ctx.fault.sctlr & SCTLR_ELx_EE;
}

static __always_inline struct peng_mmio mmio_decode(const struct peng_vcpu *vcpu)
{
	u64 esr = peng_vcpu_esr(vcpu);

	return (struct peng_mmio) {
		.write = esr & ESR_ELx_WNR,
		.sign_extend = esr & ESR_ELx_SSE,
		.wide = esr & ESR_ELx_SF,
		.swap = guest_is_be(vcpu) != IS_ENABLED(CONFIG_CPU_BIG_ENDIAN),
		.rd = (esr & ESR_ELx_SRT_MASK) >> ESR_ELx_SRT_SHIFT,
		.len = 1 << ((esr & ESR_ELx_SAS) >> ESR_ELx_SAS_SHIFT),
	};
}

/*
 * Between the bytes on the bus, which kvm_run and devices take as a number of
 * this host, and the number in the guest's register. Its own inverse. Bits
 * above the access size are dropped.
 */
static __always_inline u64 swap_for_guest(const struct peng_mmio *m, u64 val)
{
	unsigned int unused = 64 - 8 * m->len;

	if (m->swap)
		return swab64(val) >> unused;
	return val << unused >> unused;
}

static __always_inline u64 mmio_stored(struct peng_vcpu *vcpu, const struct peng_mmio *m)
{
	return swap_for_guest(m, peng_vcpu_get_reg(vcpu, m->rd));
}

static __always_inline void mmio_loaded(struct peng_vcpu *vcpu, const struct peng_mmio *m, u64 val)
{
	val = swap_for_guest(m, val);
	if (m->sign_extend)
		val = sign_extend64(val, 8 * m->len - 1);
	if (!m->wide)
		val = lower_32_bits(val);
	peng_vcpu_set_reg(vcpu, m->rd, val);
}

/* The kernel has done the access: the guest goes on after the instruction. */
static __always_inline enum peng_verdict mmio_done(struct peng_vcpu *vcpu,
						   const struct peng_mmio *m, u64 gpa, u64 val)
{
	trace_peng_mmio(vcpu->id, gpa, m->len, m->write, val);
	peng_stats_inc(vcpu->stats.mmio_kernel);
	vcpu->exits.class = PENG_A_EXITS_MMIO_KERNEL;
	if (!m->write)
		mmio_loaded(vcpu, m, val);
	peng_inject_skip(vcpu);
	return PENG_RESUME;
}

void peng_mmio_forget(struct peng_vm *vm)
{
	/* The change before its number; pairs with peng_mmio_repeat_fast(). */
	smp_mb__before_atomic();
	atomic_long_inc(&vm->mmio_gen);
}

/* The guest has no entry for the page, and the syndrome says what it wants there. */
#define REPEAT_MASK	(ESR_ELx_ISV | ESR_ELx_CM | ESR_ELx_S1PTW | ESR_ELx_FSC_TYPE)
#define REPEAT_ESR	(ESR_ELx_ISV | ESR_ELx_FSC_FAULT)

/*
 * vm->mmio_gen is read before anything is looked up, and is changed after what
 * is looked up: a hint with the present number is of the present state. Masked
 * interrupts are an RCU read side, so a device that is found by an old number is
 * still there for as long as this takes.
 */
enum peng_verdict peng_mmio_repeat_fast(struct peng_vcpu *vcpu)
{
	const struct peng_fault *fault = &vcpu->ctx.fault;
	struct peng_mmio_hint *hint = &vcpu->mmio_hint;
	/* Pairs with peng_mmio_forget(). */
	long gen = atomic_long_read_acquire(&vcpu->vm->mmio_gen);
	u64 gpa = peng_fault_ipa(fault), val = 0;
	struct peng_io_dev *dev = hint->dev;
	struct peng_mmio m;
	int ret;

	if (!dev || hint->page != gpa || hint->gen != gen ||
	    (fault->esr & REPEAT_MASK) != REPEAT_ESR)
		goto forget;

	m = mmio_decode(vcpu);
	gpa |= fault->far & (SZ_4K - 1);
	if (gpa - dev->base >= dev->len || m.len > dev->len - (gpa - dev->base))
		goto forget;

	if (m.write) {
		val = mmio_stored(vcpu, &m);
		ret = dev->ops->write(vcpu, dev, gpa, m.len, val);
	} else {
		ret = dev->ops->read(vcpu, dev, gpa, m.len, &val);
	}
	if (!ret)
		return mmio_done(vcpu, &m, gpa, val);
forget:
	if (hint->gen != gen)
		hint->no_slot = PENG_MMIO_NO_PAGE;
	hint->gen = gen;
	hint->dev = NULL;
	return PENG_SLOW;
}

void peng_mmio_note_no_slot(struct peng_vcpu *vcpu)
{
	vcpu->mmio_hint.no_slot = peng_fault_ipa(&vcpu->ctx.fault);
}

/* For the next access, if a device of the kernel answered that needs no sleep. */
static void remember(struct peng_vcpu *vcpu, u64 gpa, unsigned int len)
{
	vcpu->mmio_hint.page = gpa & ~(u64)(SZ_4K - 1);
	vcpu->mmio_hint.dev = peng_bus_find_fast(vcpu->vm, gpa, len);
}

static enum peng_verdict mmio_to_user(struct peng_vcpu *vcpu, const struct peng_mmio *m,
				      u64 gpa, u64 val)
{
	struct kvm_run *run = vcpu->run;

	trace_peng_mmio(vcpu->id, gpa, m->len, m->write, val);
	peng_stats_inc(vcpu->stats.mmio_user);
	vcpu->exits.class = PENG_A_EXITS_MMIO_USER;
	run->exit_reason = KVM_EXIT_MMIO;
	run->mmio.phys_addr = gpa;
	run->mmio.len = m->len;
	run->mmio.is_write = m->write;
	memcpy(run->mmio.data, &val, sizeof(run->mmio.data));
	vcpu->mmio = *m;
	vcpu->mmio.pending = true;
	vcpu->run_ret = 0;
	return PENG_USER;
}

/*
 * Nobody on the bus answers, and the last access to this page has found that it is not
 * memory: there is nothing else that the third tier would look at, but for AArch32, which
 * not every host has on all CPUs.
 */
static bool is_for_user(const struct peng_vcpu *vcpu, u64 gpa)
{
	return vcpu->mmio_hint.no_slot == (gpa & ~(u64)(SZ_4K - 1)) &&
	       !(vcpu->ctx.regs.pstate & PSR_MODE32_BIT);
}

enum peng_verdict peng_mmio_access_fast(struct peng_vcpu *vcpu, u64 gpa)
{
	u64 esr = peng_vcpu_esr(vcpu), val = 0;
	struct peng_mmio m;
	int ret;

	if ((esr & (ESR_ELx_ISV | ESR_ELx_CM | ESR_ELx_S1PTW)) != ESR_ELx_ISV)
		return PENG_SLOW;

	m = mmio_decode(vcpu);
	if (m.write) {
		val = mmio_stored(vcpu, &m);
		ret = peng_bus_write_fast(vcpu, gpa, m.len, val);
		if (ret == -EOPNOTSUPP && peng_coalesced_write(vcpu->vm, gpa, m.len, val))
			return mmio_done(vcpu, &m, gpa, val);
	} else {
		ret = peng_bus_read_fast(vcpu, gpa, m.len, &val);
	}
	if (ret == -EOPNOTSUPP && is_for_user(vcpu, gpa))
		return mmio_to_user(vcpu, &m, gpa, val);
	if (ret)
		return PENG_SLOW;
	remember(vcpu, gpa, m.len);
	return mmio_done(vcpu, &m, gpa, val);
}

/*
 * The syndrome does not say what the instruction does (LDP, writeback, SIMD,
 * ...). User space may have volunteered to find out.
 */
static enum peng_verdict mmio_no_syndrome(struct peng_vcpu *vcpu, u64 gpa)
{
	struct kvm_run *run = vcpu->run;

	if (!vcpu->vm->nisv_to_user)
		return peng_exit_fault(vcpu, PENG_FAULT_ABORT, -ENOSYS);

	vcpu->exits.class = PENG_A_EXITS_MMIO_USER;
	run->exit_reason = KVM_EXIT_ARM_NISV;
	run->arm_nisv.esr_iss = peng_vcpu_esr(vcpu) &
				(ESR_ELx_CM | ESR_ELx_WNR | ESR_ELx_FSC);
	run->arm_nisv.fault_ipa = gpa;
	vcpu->run_ret = 0;
	return PENG_USER;
}

enum peng_verdict peng_mmio_access(struct peng_vcpu *vcpu, u64 gpa)
{
	u64 esr = peng_vcpu_esr(vcpu), val = 0;
	struct peng_mmio m;
	int ret;

	/* Page tables of the guest's own in what is not memory. */
	if (esr & ESR_ELx_S1PTW) {
		peng_inject_dabt(vcpu, vcpu->ctx.fault.far);
		return PENG_RESUME;
	}
	/* There is nothing to maintain where nothing is cached. */
	if (esr & ESR_ELx_CM) {
		peng_inject_skip(vcpu);
		return PENG_RESUME;
	}
	if (!(esr & ESR_ELx_ISV))
		return mmio_no_syndrome(vcpu, gpa);

	m = mmio_decode(vcpu);
	if (m.write) {
		val = mmio_stored(vcpu, &m);
		ret = peng_bus_write(vcpu, gpa, m.len, val);
		if (ret && peng_coalesced_write(vcpu->vm, gpa, m.len, val))
			ret = 0;
	} else {
		ret = peng_bus_read(vcpu, gpa, m.len, &val);
	}
	return ret ? mmio_to_user(vcpu, &m, gpa, val) : mmio_done(vcpu, &m, gpa, val);
}

void peng_mmio_complete(struct peng_vcpu *vcpu)
{
	struct peng_mmio *m = &vcpu->mmio;
	u64 val;

	if (!m->pending)
		return;
	m->pending = false;
	if (!m->write) {
		memcpy(&val, vcpu->run->mmio.data, sizeof(val));
		mmio_loaded(vcpu, m, val);
	}
	peng_inject_skip(vcpu);
}
