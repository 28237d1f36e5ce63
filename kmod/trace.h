/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints peng:*: one for each change of state, none for each instruction.
 * Expanded once, by main.c.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM peng

#if !defined(PENG_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define PENG_TRACE_H

#include <linux/tracepoint.h>

TRACE_EVENT(peng_entry,
	TP_PROTO(unsigned int vcpu, u64 pc),
	TP_ARGS(vcpu, pc),
	TP_STRUCT__entry(
		__field(unsigned int, vcpu)
		__field(u64, pc)
	),
	TP_fast_assign(
		__entry->vcpu = vcpu;
		__entry->pc = pc;
	),
	TP_printk("vcpu %u pc 0x%llx", __entry->vcpu, __entry->pc)
);

TRACE_EVENT(peng_exit,
	TP_PROTO(unsigned int vcpu, u64 pc, u32 exit, u64 esr),
	TP_ARGS(vcpu, pc, exit, esr),
	TP_STRUCT__entry(
		__field(unsigned int, vcpu)
		__field(u32, exit)
		__field(u64, pc)
		__field(u64, esr)
	),
	TP_fast_assign(
		__entry->vcpu = vcpu;
		__entry->exit = exit;
		__entry->pc = pc;
		__entry->esr = esr;
	),
	TP_printk("vcpu %u pc 0x%llx exit %s class 0x%02llx esr 0x%llx",
		  __entry->vcpu, __entry->pc,
		  __print_symbolic(__entry->exit, { 0, "sync" }, { 1, "irq" },
				   { 2, "serror" }, { 3, "illegal" }),
		  (__entry->esr >> 26) & 0x3f, __entry->esr)
);

TRACE_EVENT(peng_fault,
	TP_PROTO(unsigned int vcpu, u64 ipa, u64 far, u64 esr),
	TP_ARGS(vcpu, ipa, far, esr),
	TP_STRUCT__entry(
		__field(unsigned int, vcpu)
		__field(u64, ipa)
		__field(u64, far)
		__field(u64, esr)
	),
	TP_fast_assign(
		__entry->vcpu = vcpu;
		__entry->ipa = ipa;
		__entry->far = far;
		__entry->esr = esr;
	),
	TP_printk("vcpu %u ipa 0x%llx far 0x%llx esr 0x%llx", __entry->vcpu,
		  __entry->ipa, __entry->far, __entry->esr)
);

TRACE_EVENT(peng_mmio,
	TP_PROTO(unsigned int vcpu, u64 gpa, unsigned int len, bool write, u64 val),
	TP_ARGS(vcpu, gpa, len, write, val),
	TP_STRUCT__entry(
		__field(unsigned int, vcpu)
		__field(unsigned int, len)
		__field(bool, write)
		__field(u64, gpa)
		__field(u64, val)
	),
	TP_fast_assign(
		__entry->vcpu = vcpu;
		__entry->len = len;
		__entry->write = write;
		__entry->gpa = gpa;
		__entry->val = val;
	),
	TP_printk("vcpu %u %s gpa 0x%llx len %u val 0x%llx", __entry->vcpu,
		  __entry->write ? "write" : "read", __entry->gpa, __entry->len,
		  __entry->val)
);

TRACE_EVENT(peng_irq_inject,
	TP_PROTO(int vcpu, u32 intid, bool level),
	TP_ARGS(vcpu, intid, level),
	TP_STRUCT__entry(
		__field(int, vcpu)
		__field(u32, intid)
		__field(bool, level)
	),
	TP_fast_assign(
		__entry->vcpu = vcpu;
		__entry->intid = intid;
		__entry->level = level;
	),
	TP_printk("vcpu %d intid %u level %d", __entry->vcpu, __entry->intid,
		  __entry->level)
);

TRACE_EVENT(peng_hypercall,
	TP_PROTO(unsigned int vcpu, u64 func, u64 ret),
	TP_ARGS(vcpu, func, ret),
	TP_STRUCT__entry(
		__field(unsigned int, vcpu)
		__field(u64, func)
		__field(u64, ret)
	),
	TP_fast_assign(
		__entry->vcpu = vcpu;
		__entry->func = func;
		__entry->ret = ret;
	),
	TP_printk("vcpu %u function 0x%llx result 0x%llx", __entry->vcpu,
		  __entry->func, __entry->ret)
);

#endif /* PENG_TRACE_H */

#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH .
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
