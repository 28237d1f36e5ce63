#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Proves `peng exec`: its command finds peng as /dev/kvm, beside a host's own
# /dev/kvm and where there is none; nobody else sees a change; the command's
# status is the program's; and what cannot be done is refused with its reason.

# shellcheck disable=SC2154 # tap.sh sets $work

. "$(dirname "$(readlink -f "$0")")/../lib/tap.sh"

number()
{
	stat -c %t:%T "$1" 2>/dev/null || echo none
}

# says STATUS TEXT COMMAND...: the command ends so, with such a line of error
says()
{
	status=$1 text=$2
	shift 2
	is "exit status of: $*" "$("$@" >/dev/null 2>"$work/err"; echo $?)" "$status"
	is "error line of: $*" "$(grep -c "^peng: .*$text" "$work/err")" "$(wc -l <"$work/err")"
}

inside()
{
	is "$1: /dev/kvm is peng's inside" "$(peng exec -- stat -c %t:%T /dev/kvm)" \
		"$(number /dev/peng)"
	is "$1: and its neighbours are there" \
		"$(peng exec sh -c 'echo text | tee /dev/null; ls /dev/pts/ptmx')" \
		"$(printf 'text\n/dev/pts/ptmx')"
	is "$1: nothing changes outside" "$(outside)" "$before"
}

outside()
{
	number /dev/kvm
	find /dev | wc -l
	wc -l </proc/mounts
}

plan 22
# The initramfs came with a root that only root may enter.
chmod 755 /
before=$(outside)
inside "as the host is"
if [ -e /dev/kvm ]; then
	mv /dev/kvm /dev/kvm-of-the-host
else
	mknod /dev/kvm c 10 232
fi
before=$(outside)
inside "the other way"
if [ -e /dev/kvm ]; then
	rm /dev/kvm
else
	mv /dev/kvm-of-the-host /dev/kvm
fi

is "status" "$(peng exec -- sh -c 'exit 7'; echo $?)" 7
is "arguments" "$(peng exec -- printf '%s,' -h '' 'a b')" '-h,,a b,'

echo user:x:1000:1000::/tmp:/bin/sh >>/etc/passwd
chmod 666 /dev/peng
is "without privileges" "$(su user -c 'peng exec -- sh -c "stat -c %t:%T /dev/kvm; id -u"')" \
	"$(printf '%s\n1000' "$(number /dev/peng)")"
chmod 660 /dev/peng
says 125 "no permission to open /dev/peng" su user -c 'peng exec -- true'
says 125 "no /dev/absent: is the module loaded" peng exec -D /dev/absent -- true
says 125 "/dev/null is no hypervisor" peng exec --device /dev/null -- true
says 127 "absent-program: No such file" peng exec absent-program
says 126 "/etc: Permission denied" peng exec /etc
says 2 "no command to run" peng exec --
check "help" sh -c "peng exec --help | grep -q Usage"
finish
