/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How many VMs and vCPUs there may be on the host, and of each user.
 */
#ifndef PENG_QUOTA_H
#define PENG_QUOTA_H

#include <linux/types.h>
#include <linux/uidgid.h>

/**
 * enum peng_quota_kind - what is counted
 * @PENG_QUOTA_VM: VMs
 * @PENG_QUOTA_VCPU: vCPUs of all VMs together
 * @PENG_QUOTA_KINDS: how many kinds there are
 */
enum peng_quota_kind {
	PENG_QUOTA_VM,
	PENG_QUOTA_VCPU,
	PENG_QUOTA_KINDS,
};

/**
 * struct peng_quota - the host's counts and limits, by kind
 * @nr: how many there are
 * @host: how many there may be; 0 for no limit
 * @user: how many each user may have; 0 for no limit
 */
struct peng_quota {
	unsigned int nr[PENG_QUOTA_KINDS];
	unsigned int host[PENG_QUOTA_KINDS];
	unsigned int user[PENG_QUOTA_KINDS];
};

/* What a user has; exists while the user has a VM. */
struct peng_account;

struct peng_account *peng_quota_take_vm(kuid_t uid);
void peng_quota_give_vm(struct peng_account *account);
int peng_quota_take_vcpu(struct peng_account *account);
void peng_quota_give_vcpu(struct peng_account *account);
void peng_quota_get(struct peng_quota *quota);
void peng_quota_set(enum peng_quota_kind kind, bool per_user, unsigned int most);

#endif /* PENG_QUOTA_H */
