/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/* Another order than the specification's. */
enum peng_vm_attr {
	PENG_A_VM_NAME = 1,
	PENG_A_VM_ID,

	__PENG_A_VM_MAX,
	PENG_A_VM_MAX = __PENG_A_VM_MAX - 1
};

enum peng_cmd {
	PENG_CMD_VM_GET = 1,

	__PENG_CMD_MAX,
	PENG_CMD_MAX = __PENG_CMD_MAX - 1
};
