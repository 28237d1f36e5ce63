// SPDX-License-Identifier: GPL-2.0-only
/*
 * How many VMs and vCPUs each user has, and how many the administrator allows. A
 * VM counts for the user who made it, and so do its vCPUs, from before they are
 * there until all of them is freed: the counts are never below what there is.
 *
 * Lock: quota_lock, within which no other lock of peng is taken. What is counted
 * and what it is held against are looked at under it, so that two who come at a
 * time do not both get the last one.
 */
#include <linux/compiler.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/lockdep.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/uidgid.h>
#include <linux/xarray.h>

#include "quota.h"

/**
 * struct peng_account - what a user has
 * @uid: whose
 * @nr: how many, by kind; under quota_lock
 */
struct peng_account {
	kuid_t uid;
	unsigned int nr[PENG_QUOTA_KINDS];
};

static DEFINE_MUTEX(quota_lock);
/* By uid; those who have a VM. */
static DEFINE_XARRAY(accounts);
/* @nr is under quota_lock; the rest is written through /sys and netlink at any time. */
static struct peng_quota total;

module_param_named(max_vms, total.host[PENG_QUOTA_VM], uint, 0644);
MODULE_PARM_DESC(max_vms, "most VMs on the host; 0 for no limit");
module_param_named(max_vcpus, total.host[PENG_QUOTA_VCPU], uint, 0644);
MODULE_PARM_DESC(max_vcpus, "most vCPUs on the host, of all VMs together; 0 for no limit");
module_param_named(max_vms_per_user, total.user[PENG_QUOTA_VM], uint, 0644);
MODULE_PARM_DESC(max_vms_per_user, "most VMs of a user, root included; 0 for no limit");
module_param_named(max_vcpus_per_user, total.user[PENG_QUOTA_VCPU], uint, 0644);
MODULE_PARM_DESC(max_vcpus_per_user, "most vCPUs of a user, root included; 0 for no limit");

/* A limit that was lowered below what there is refuses, and takes nothing away. */
static bool is_full(unsigned int nr, const unsigned int *limit)
{
	unsigned int max = READ_ONCE(*limit);

	return max && nr >= max;
}

/* The user's own limit first: about that one, the user can do something. */
static int take(struct peng_account *account, enum peng_quota_kind kind)
{
	lockdep_assert_held(&quota_lock);

	if (is_full(account->nr[kind], &total.user[kind]))
		return -EDQUOT;
	if (is_full(total.nr[kind], &total.host[kind]))
		return -ENOSPC;
	account->nr[kind]++;
	total.nr[kind]++;
	return 0;
}

static void give(struct peng_account *account, enum peng_quota_kind kind)
{
	lockdep_assert_held(&quota_lock);

	account->nr[kind]--;
	total.nr[kind]--;
}

/* The account of a user, made where there is none. */
static struct peng_account *open_account(kuid_t uid)
{
	struct peng_account *account;
	int ret;

	lockdep_assert_held(&quota_lock);

	account = xa_load(&accounts, __kuid_val(uid));
	if (account)
		return account;
	account = kzalloc(sizeof(*account), GFP_KERNEL_ACCOUNT);
	if (!account)
		return ERR_PTR(-ENOMEM);
	account->uid = uid;
	ret = xa_err(xa_store(&accounts, __kuid_val(uid), account, GFP_KERNEL_ACCOUNT));
	if (!ret)
		return account;
	kfree(account);
	return ERR_PTR(ret);
}

/* vCPUs are freed before their VM: who has no VM has nothing. */
static void close_if_empty(struct peng_account *account)
{
	lockdep_assert_held(&quota_lock);

	if (account->nr[PENG_QUOTA_VM])
		return;
	xa_erase(&accounts, __kuid_val(account->uid));
	kfree(account);
}

/**
 * peng_quota_take_vm() - there is to be one more VM
 * @uid: for whom it counts
 *
 * Context: sleeps.
 * Return: the user's account, for peng_quota_give_vm(); -EDQUOT where the user has as
 *	many as each may have, -ENOSPC where the host has as many as it may, -ENOMEM.
 */
struct peng_account *peng_quota_take_vm(kuid_t uid)
{
	struct peng_account *account;
	int ret;

	mutex_lock(&quota_lock);
	account = open_account(uid);
	if (!IS_ERR(account)) {
		ret = take(account, PENG_QUOTA_VM);
		close_if_empty(account);
		if (ret)
			account = ERR_PTR(ret);
	}
	mutex_unlock(&quota_lock);
	return account;
}

/**
 * peng_quota_give_vm() - a VM is no more
 * @account: what peng_quota_take_vm() gave; none of the VM's vCPUs is left
 *
 * Context: sleeps.
 */
void peng_quota_give_vm(struct peng_account *account)
{
	mutex_lock(&quota_lock);
	give(account, PENG_QUOTA_VM);
	close_if_empty(account);
	mutex_unlock(&quota_lock);
}

/**
 * peng_quota_take_vcpu() - there is to be one more vCPU
 * @account: of its VM
 *
 * Context: sleeps; vm->lock may be held.
 * Return: 0, -EDQUOT or -ENOSPC, as peng_quota_take_vm().
 */
int peng_quota_take_vcpu(struct peng_account *account)
{
	int ret;

	mutex_lock(&quota_lock);
	ret = take(account, PENG_QUOTA_VCPU);
	mutex_unlock(&quota_lock);
	return ret;
}

/**
 * peng_quota_give_vcpu() - a vCPU is no more
 * @account: of its VM
 *
 * Context: sleeps; vm->lock may be held.
 */
void peng_quota_give_vcpu(struct peng_account *account)
{
	mutex_lock(&quota_lock);
	give(account, PENG_QUOTA_VCPU);
	mutex_unlock(&quota_lock);
}

/**
 * peng_quota_set() - change a limit, as its parameter in /sys does
 * @kind: of what
 * @per_user: of each user, and not of the host
 * @most: how many there may be; 0 for no limit
 *
 * Context: any. What there is stays.
 */
void peng_quota_set(enum peng_quota_kind kind, bool per_user, unsigned int most)
{
	WRITE_ONCE(*(per_user ? &total.user[kind] : &total.host[kind]), most);
}

/**
 * peng_quota_get() - counts and limits, for who wants to know them
 * @quota: filled in
 *
 * Context: sleeps.
 */
void peng_quota_get(struct peng_quota *quota)
{
	unsigned int i;

	mutex_lock(&quota_lock);
	for (i = 0; i < PENG_QUOTA_KINDS; i++) {
		quota->nr[i] = total.nr[i];
		quota->host[i] = READ_ONCE(total.host[i]);
		quota->user[i] = READ_ONCE(total.user[i]);
	}
	mutex_unlock(&quota_lock);
}
