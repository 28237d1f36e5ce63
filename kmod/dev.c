// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/peng: the system file descriptor and its ioctl rows.
 */
#include <linux/fs.h>
#include <linux/kvm.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>

#include "cap.h"
#include "dev.h"
#include "ioctl.h"
#include "vm.h"

static long get_api_version(const struct peng_ioctl_target *t, void *arg)
{
	return KVM_API_VERSION;
}

static long create_vm(const struct peng_ioctl_target *t, void *arg)
{
	return peng_vm_create(*(unsigned long *)arg);
}

static long check_extension(const struct peng_ioctl_target *t, void *arg)
{
	return peng_cap_check(NULL, *(unsigned long *)arg);
}

/* struct kvm_run, and behind it the ring of coalesced MMIO. */
static long get_vcpu_mmap_size(const struct peng_ioctl_target *t, void *arg)
{
	return 2 * PAGE_SIZE;
}

static const struct peng_ioctl_row system_rows[] = {
	{ KVM_GET_API_VERSION,		PENG_ARG_NONE,	0,	get_api_version },
	{ KVM_CREATE_VM,		PENG_ARG_VALUE,	0,	create_vm },
	{ KVM_CHECK_EXTENSION,		PENG_ARG_VALUE,	0,	check_extension },
	{ KVM_GET_VCPU_MMAP_SIZE,	PENG_ARG_NONE,	0,	get_vcpu_mmap_size },
};

static long dev_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	const struct peng_ioctl_target target = {};

	return peng_ioctl_run(system_rows, ARRAY_SIZE(system_rows), &target, cmd, arg);
}

static const struct file_operations dev_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = dev_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice peng_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "peng",
	.mode = 0660,
	.fops = &dev_fops,
};

int peng_dev_init(void)
{
	return misc_register(&peng_misc);
}

void peng_dev_exit(void)
{
	misc_deregister(&peng_misc);
}
