/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guest accesses to addresses that are not memory: decode, ask the bus,
 * else leave to user space with KVM_EXIT_MMIO.
 */
#ifndef PENG_IO_MMIO_H
#define PENG_IO_MMIO_H

#include <linux/types.h>

#include "../exit.h"

struct peng_io_dev;
struct peng_vcpu;
struct peng_vm;

/**
 * struct peng_mmio - a decoded access; in the vCPU, one that user space completes
 * @pending: KVM_EXIT_MMIO was returned and has not been completed
 * @write: store, else load
 * @sign_extend: sign-extend what is loaded from the access size
 * @wide: the register to load is 64 bits wide
 * @swap: the guest's byte order is not the host's
 * @rd: register to load or store
 * @len: access size in bytes: 1, 2, 4 or 8
 */
struct peng_mmio {
	bool pending;
	bool write;
	bool sign_extend;
	bool wide;
	bool swap;
	u8 rd;
	u8 len;
};

/**
 * struct peng_mmio_hint - the device that the guest has accessed last
 * @gen: vm->mmio_gen from before the rest was found; where that is another now, none of
 *	it is to be used
 * @page: IPA of 4K of @dev, which are not memory
 * @dev: the device, NULL for none
 * @no_slot: IPA of 4K that are in no memory slot; PENG_MMIO_NO_PAGE for none
 *
 * A guest that accesses a device goes on doing so. What is remembered here need
 * not be looked up again: a device of the kernel neither among the memory slots nor on
 * the bus, one of user space not among the slots.
 */
struct peng_mmio_hint {
	long gen;
	u64 page;
	struct peng_io_dev *dev;
	u64 no_slot;
};

#define PENG_MMIO_NO_PAGE	(~0ULL)

/**
 * peng_mmio_access() - do a guest access to what is not memory
 * @vcpu: vCPU with a data abort in ctx->fault
 * @gpa: guest physical address, down to the byte
 *
 * Context: task context, vcpu->lock held.
 * Return: PENG_RESUME, or PENG_USER with KVM_EXIT_MMIO, KVM_EXIT_ARM_NISV or
 *	an errno for KVM_RUN.
 */
enum peng_verdict peng_mmio_access(struct peng_vcpu *vcpu, u64 gpa);

/**
 * peng_mmio_note_no_slot() - an access was to what is in no memory slot
 * @vcpu: vCPU with the data abort in ctx->fault
 *
 * Context: task context, the exit's peng_mmio_repeat_fast() was before the look-up.
 */
void peng_mmio_note_no_slot(struct peng_vcpu *vcpu);

/**
 * peng_mmio_forget() - what is memory has changed, or a device has gone
 * @vm: VM, with the change already made
 *
 * Context: any. A device may still be in use by who found it before.
 */
void peng_mmio_forget(struct peng_vm *vm);

/**
 * peng_mmio_repeat_fast() - an access to the device of the last one
 * @vcpu: vCPU with a data abort in ctx->fault
 *
 * Context: interrupts masked, guest state loaded.
 * Return: PENG_RESUME, or PENG_SLOW with nothing done where it is another.
 */
enum peng_verdict peng_mmio_repeat_fast(struct peng_vcpu *vcpu);

/**
 * peng_mmio_access_fast() - any access, as far as it needs no sleep
 * @vcpu: vCPU with a data abort in ctx->fault
 * @gpa: guest physical address, down to the byte
 *
 * Context: interrupts masked, guest state loaded; peng_mmio_repeat_fast() has said no.
 * Return: PENG_RESUME; PENG_USER with KVM_EXIT_MMIO; or PENG_SLOW with nothing done.
 */
enum peng_verdict peng_mmio_access_fast(struct peng_vcpu *vcpu, u64 gpa);

/**
 * peng_mmio_complete() - finish an access that user space was asked to do
 * @vcpu: vCPU; nothing happens where no access is pending
 *
 * Takes the data of a load from kvm_run and steps over the instruction. To be
 * called at the start of KVM_RUN, before immediate_exit is looked at: user
 * space relies on that to get a vCPU whose registers are consistent.
 *
 * Context: vcpu->lock held.
 */
void peng_mmio_complete(struct peng_vcpu *vcpu);

#endif /* PENG_IO_MMIO_H */
