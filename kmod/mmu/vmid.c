// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which VMID tags a VM's translations in the TLBs.
 *
 * Where nobody else uses VMIDs, a VM owns one for its life, and its translations survive when it
 * leaves a CPU. Where built-in KVM is present its allocator is out of sight, so a VMID may be in
 * use twice; the same is so when there are more VMs than VMIDs. Such a VMID is shared: before and
 * after each stay on a CPU all its translations there are dropped, so that they never meet those of
 * another guest. Shared VMIDs need not differ from each other; they come from the top of the range,
 * where KVM's allocator, which counts up, arrives last.
 *
 * On an nVHE host EL2, and all VMIDs with it, has one owner; whoever takes it from the other drops all
 * translations (el2/nvhe/idmap.S).
 *
 * VTTBR_EL2.CnP stays clear: sibling threads that share a TLB would share it beyond a stay on one
 * CPU, and some cores have it broken (HiSilicon erratum 162100125).
 */
#include <linux/atomic.h>
#include <linux/bitfield.h>
#include <linux/idr.h>

#include "../host/probe.h"
#include "stage2.h"

#define VTTBR_VMID	GENMASK_ULL(63, 48)

/* VMID 0 is what VTTBR_EL2 has while the host runs. */
#define FIRST_VMID	1

static DEFINE_IDA(owned);
static atomic_t nr_shared;

static unsigned int last_vmid(void)
{
	return BIT(peng_host.vmid_bits) - 1;
}

static unsigned int share_vmid(void)
{
	unsigned int among = BIT(peng_host.vmid_bits) / 4;

	return last_vmid() - (unsigned int)atomic_inc_return(&nr_shared) % among;
}

/**
 * peng_vmid_get - give a VMID to an address space
 * @s2: gets it into VTTBR_EL2
 */
void peng_vmid_get(struct peng_stage2 *s2)
{
	int vmid = -ENOSPC;

	if (!peng_host.kvm_present || !peng_host.vhe)
		vmid = ida_alloc_range(&owned, FIRST_VMID, last_vmid(), GFP_KERNEL_ACCOUNT);
	s2->vmid_shared = vmid < 0;
	if (s2->vmid_shared)
		vmid = share_vmid();
	s2->root.vttbr |= FIELD_PREP(VTTBR_VMID, vmid);
}

/**
 * peng_vmid_put - take the VMID back
 * @s2: is loaded nowhere
 *
 * Afterwards no TLB holds anything tagged with the VMID, and no walk cache any of @s2's tables.
 */
void peng_vmid_put(struct peng_stage2 *s2)
{
	if (s2->vmid_shared)
		return;
	peng_el2->tlb_flush_vmid(&s2->root);
	ida_free(&owned, FIELD_GET(VTTBR_VMID, s2->root.vttbr));
}

/**
 * peng_vmid_load - a vCPU is about to be loaded on this CPU
 * @s2: its address space
 * @vcpu_idx: which vCPU of the VM
 *
 * Two vCPUs are two CPUs to the guest. What one cached of its own stage 1 must not be seen by the
 * other, for the guest invalidates on one CPU alone where it can. And with stage 1 off a vCPU may
 * fill the instruction cache from the Point of Coherency, where another's new code has not arrived.
 *
 * Context: preemption off.
 */
void peng_vmid_load(struct peng_stage2 *s2, unsigned int vcpu_idx)
{
	int *last = this_cpu_ptr(s2->last_vcpu);
	bool another = *last >= 0 && *last != vcpu_idx;

	if (s2->vmid_shared || another)
		peng_el2->tlb_flush_local(&s2->root);
	if (another)
		peng_cache_inval_icache_local();
	*last = vcpu_idx;
}

/**
 * peng_vmid_unload - a vCPU has left this CPU
 * @s2: its address space
 *
 * Context: preemption off.
 */
void peng_vmid_unload(struct peng_stage2 *s2)
{
	if (s2->vmid_shared)
		peng_el2->tlb_flush_local(&s2->root);
}
