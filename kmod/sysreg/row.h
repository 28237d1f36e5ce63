/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A row of the system register table, and what the handlers of the rows in
 * the files of this folder share.
 */
#ifndef PENG_SYSREG_ROW_H
#define PENG_SYSREG_ROW_H

#include <linux/bits.h>
#include <linux/kvm.h>
#include <linux/types.h>
#include <asm/sysreg.h>

#include "../context.h"

struct peng_sysreg_row;
struct peng_vcpu;
struct peng_vm;

/**
 * struct peng_sysreg_access - a trapped MSR, MRS or SYS instruction
 * @write: MSR or SYS, else MRS
 * @val: value of Rt where @write; else the handler's answer
 */
struct peng_sysreg_access {
	bool write;
	u64 val;
};

/* What a trap handler answers. */
enum peng_sysreg_result {
	PENG_SYSREG_DONE,	/* step over the instruction, write Rt back */
	PENG_SYSREG_UNDEF,	/* the instruction is UNDEFINED for this guest */
	PENG_SYSREG_TO_EL1,	/* a control of the guest's EL1 traps it there */
};

#define PENG_ROW_STORED	BIT(0)	/* the value is ctx->sys[reg]; user space sees it */
#define PENG_ROW_FAST	BIT(1)	/* trap() does not sleep; interrupts may be masked */

/**
 * struct peng_sysreg_row - one system register or SYS instruction
 * @enc: sys_reg() encoding; the table is sorted by it
 * @flags: PENG_ROW_*
 * @feature: enum peng_feature; there is no such register in a VM without it
 * @reg: index in ctx->sys, where PENG_ROW_STORED
 * @host: offset in struct peng_sysreg_host, where a handler wants it
 * @val: reset value, or what a handler makes of it
 * @trap: guest access; NULL: UNDEFINED
 * @reset: NULL: ctx->sys[reg] = val where PENG_ROW_STORED
 * @get: user-space read; NULL: ctx->sys[reg]. A row that is neither stored
 *	nor has @get does not exist for user space
 * @set: user-space write, 0 or -errno; NULL: ctx->sys[reg]
 */
struct peng_sysreg_row {
	u32 enc;
	u8 flags;
	u8 feature;
	u8 reg;
	u16 host;
	u64 val;
	enum peng_sysreg_result (*trap)(struct peng_vcpu *vcpu,
					const struct peng_sysreg_row *row,
					struct peng_sysreg_access *acc);
	void (*reset)(struct peng_vcpu *vcpu, const struct peng_sysreg_row *row);
	int (*get)(struct peng_vcpu *vcpu, const struct peng_sysreg_row *row, u64 *val);
	int (*set)(struct peng_vcpu *vcpu, const struct peng_sysreg_row *row, u64 val);
};

static_assert(PENG_NR_SYS <= U8_MAX);

/* Signatures of the functions of a row. */
#define PENG_SYSREG_TRAP(name)						\
	enum peng_sysreg_result name(struct peng_vcpu *vcpu,		\
				     const struct peng_sysreg_row *row,	\
				     struct peng_sysreg_access *acc)
#define PENG_SYSREG_RESET(name)						\
	void name(struct peng_vcpu *vcpu, const struct peng_sysreg_row *row)
#define PENG_SYSREG_GET(name)						\
	int name(struct peng_vcpu *vcpu, const struct peng_sysreg_row *row, u64 *val)
#define PENG_SYSREG_SET(name)						\
	int name(struct peng_vcpu *vcpu, const struct peng_sysreg_row *row, u64 val)

/**
 * struct peng_sysreg_host - the host's values that guests see or start from
 * @midr: MIDR_EL1
 * @revidr: REVIDR_EL1
 * @aidr: AIDR_EL1
 * @clidr: CLIDR_EL1
 * @ctr: CTR_EL0, the weakest of all CPUs
 * @actlr: ACTLR_EL1
 * @amair: AMAIR_EL1
 * @mismatched_caches: CTR_EL0 is not the same on all CPUs
 * @aarch32_el0: EL0 can run AArch32
 * @lor: LORegion registers exist
 */
struct peng_sysreg_host {
	u64 midr;
	u64 revidr;
	u64 aidr;
	u64 clidr;
	u64 ctr;
	u64 actlr;
	u64 amair;
	bool mismatched_caches;
	bool aarch32_el0;
	bool lor;
};

extern struct peng_sysreg_host peng_sysreg_host;

/*
 * The low 16 bits of a KVM id and a sys_reg() encoding hold the same five
 * fields in the same order, 5 bits apart.
 */
static_assert((ARM64_SYS_REG(3, 7, 15, 15, 7) & U16_MAX) ==
	      sys_reg(3, 7, 15, 15, 7) >> Op2_shift);

static inline u64 peng_sysreg_id(const struct peng_sysreg_row *row)
{
	return KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM64_SYSREG | row->enc >> Op2_shift;
}

extern const struct peng_sysreg_row peng_sysreg_rows[];
extern const size_t peng_sysreg_nr_rows;

/* What a guest's access to a register runs; NULL where it is UNDEFINED. */
const struct peng_sysreg_row *peng_sysreg_find_trap(const struct peng_vcpu *vcpu, u32 enc);
bool peng_sysreg_do(struct peng_vcpu *vcpu, const struct peng_sysreg_row *row,
		    struct peng_sysreg_access *acc);

/* trap.c */
PENG_SYSREG_TRAP(peng_sysreg_trap_raz_wi);
PENG_SYSREG_TRAP(peng_sysreg_trap_raz);
PENG_SYSREG_TRAP(peng_sysreg_trap_host);
PENG_SYSREG_TRAP(peng_sysreg_trap_actlr);
PENG_SYSREG_TRAP(peng_sysreg_trap_vm);
PENG_SYSREG_TRAP(peng_sysreg_trap_sctlr);
PENG_SYSREG_TRAP(peng_sysreg_trap_lor);
PENG_SYSREG_TRAP(peng_sysreg_trap_sgi);
PENG_SYSREG_TRAP(peng_sysreg_trap_dir);
PENG_SYSREG_TRAP(peng_sysreg_trap_sre);
PENG_SYSREG_TRAP(peng_sysreg_trap_ptimer);
PENG_SYSREG_RESET(peng_sysreg_reset_host);
PENG_SYSREG_RESET(peng_sysreg_reset_mpidr);
PENG_SYSREG_GET(peng_sysreg_get_host);
PENG_SYSREG_SET(peng_sysreg_set_host);
PENG_SYSREG_GET(peng_sysreg_get_timer);
PENG_SYSREG_SET(peng_sysreg_set_timer);

/* debug.c */
PENG_SYSREG_TRAP(peng_sysreg_trap_dbg);
PENG_SYSREG_TRAP(peng_sysreg_trap_mdscr);
PENG_SYSREG_TRAP(peng_sysreg_trap_oslar);
PENG_SYSREG_TRAP(peng_sysreg_trap_oslsr);
PENG_SYSREG_RESET(peng_sysreg_reset_dbg);
PENG_SYSREG_GET(peng_sysreg_get_dbg);
PENG_SYSREG_SET(peng_sysreg_set_dbg);
PENG_SYSREG_SET(peng_sysreg_set_oslsr);

/* pmu.c */
PENG_SYSREG_TRAP(peng_sysreg_trap_pmu);
PENG_SYSREG_GET(peng_sysreg_get_pmu);
PENG_SYSREG_SET(peng_sysreg_set_pmu);

/* cache.c */
void peng_cacheid_init(void);
PENG_SYSREG_TRAP(peng_sysreg_trap_set_way);
PENG_SYSREG_TRAP(peng_sysreg_trap_csselr);
PENG_SYSREG_TRAP(peng_sysreg_trap_ccsidr);

/* idreg.c */
int peng_idreg_init(void);
void peng_idreg_vm_init(struct peng_vm *vm);
void peng_idreg_vm_hide(struct peng_vm *vm);
PENG_SYSREG_TRAP(peng_idreg_trap);
bool peng_idreg_idst(const struct peng_vm *vm);
PENG_SYSREG_GET(peng_idreg_get);
PENG_SYSREG_SET(peng_idreg_set);

/* trapbits.c */
void peng_trapbits_reset(struct peng_vcpu *vcpu);

#endif /* PENG_SYSREG_ROW_H */
