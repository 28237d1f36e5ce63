/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Words for the numbers of uapi/linux/peng.h. They are part of what programs read
 * (--json), so they never change. A number that a newer module sends has none and
 * is "unknown".
 */
#ifndef PENG_LIB_NAMES_H
#define PENG_LIB_NAMES_H

const char *name_of_mode(unsigned int mode);
const char *name_of_lines(unsigned int lines);
/** name_of_feature() - of the number of a bit, PENG_HOST_FEATURE_*. */
const char *name_of_feature(unsigned int feature);
const char *name_of_vm_state(unsigned int state);
const char *name_of_vcpu_state(unsigned int state);
const char *name_of_reason(unsigned int reason);
/** name_of_event() - of PENG_CMD_VM_*_NTF. */
const char *name_of_event(unsigned int cmd);
/** name_of_fault() - of PENG_FAULT_*. */
const char *name_of_fault(unsigned int kind);
/** name_of_exits() - of PENG_A_EXITS_*; NULL where it is none. */
const char *name_of_exits(unsigned int class);
/** name_of_counter() - of PENG_A_COUNTER_*; NULL where it is none. */
const char *name_of_counter(unsigned int counter);

#endif
