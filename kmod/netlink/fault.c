// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults, told to those who listen. A guest or its client can make as many as it
 * likes, so of each VM few are told, and how many were not is told with the next.
 */
#include <linux/kernel.h>
#include <linux/ratelimit.h>

#include "family.h"
#include "../vcpu.h"
#include "../vm.h"

/**
 * struct fault - what is told
 * @vcpu: who met it
 * @kind: PENG_FAULT_*
 * @error: 0 or a negative errno
 * @suppressed: faults before it that were not told
 */
struct fault {
	struct peng_vcpu *vcpu;
	enum peng_fault_kind kind;
	int error;
	u32 suppressed;
};

static int put_abort(struct sk_buff *msg, const struct peng_vcpu *vcpu)
{
	u64 ipa = peng_fault_ipa(&vcpu->ctx.fault);

	if (nla_put_u64_64bit(msg, PENG_A_FAULT_SYNDROME, vcpu->ctx.fault.esr, PENG_A_FAULT_PAD) ||
	    nla_put_u64_64bit(msg, PENG_A_FAULT_IPA, ipa, PENG_A_FAULT_PAD))
		return -EMSGSIZE;
	return 0;
}

static int put_fault(struct sk_buff *msg, const struct fault *f)
{
	struct nlattr *nest = nla_nest_start(msg, PENG_A_VM_FAULT);

	if (!nest || nla_put_u32(msg, PENG_A_FAULT_KIND, f->kind) ||
	    nla_put_u32(msg, PENG_A_FAULT_VCPU, f->vcpu->id) ||
	    (f->error && nla_put_u32(msg, PENG_A_FAULT_ERROR, -f->error)) ||
	    nla_put_u64_64bit(msg, PENG_A_FAULT_PC, f->vcpu->ctx.regs.pc, PENG_A_FAULT_PAD) ||
	    nla_put_u32(msg, PENG_A_FAULT_SUPPRESSED, f->suppressed))
		return -EMSGSIZE;
	if ((f->kind == PENG_FAULT_MEMORY || f->kind == PENG_FAULT_ABORT) &&
	    put_abort(msg, f->vcpu))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int fill(struct sk_buff *msg, void *what)
{
	const struct fault *f = what;

	return peng_netlink_put_identity(msg, f->vcpu->vm, &peng_netlink_initial_view) ?:
	       put_fault(msg, f);
}

/**
 * peng_netlink_fault() - tell the listeners, or count
 * @vcpu: the caller's own
 * @kind: why it cannot go on
 * @error: what KVM_RUN ends with, 0 or a negative errno
 *
 * Context: sleeps.
 */
void peng_netlink_fault(struct peng_vcpu *vcpu, enum peng_fault_kind kind, int error)
{
	struct peng_vm_faults *faults = &vcpu->vm->faults;
	struct fault f = { .vcpu = vcpu, .kind = kind, .error = error };

	if (!genl_has_listeners(&peng_netlink_family, &init_net, PENG_GROUP_FAULT))
		return;
	if (!__ratelimit(&faults->limit)) {
		atomic_inc(&faults->suppressed);
		return;
	}
	f.suppressed = atomic_xchg(&faults->suppressed, 0);
	peng_netlink_tell(PENG_GROUP_FAULT, PENG_CMD_VM_FAULT_NTF, GENLMSG_DEFAULT_SIZE, fill, &f);
}
