# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Completion of peng's command line in bash. Commands and options come from the
# program's own help, so that there is one list of them.

# Names of VMs with a folder, which is where lib/home.c looks for it.
_peng_homes()
{
	local root=${PENG_HOME:-}

	if [ -z "$root" ]; then
		root=${XDG_DATA_HOME:-$HOME/.local/share}/peng
		[ "$(id -u)" -ne 0 ] || root=/var/lib/peng
	fi
	ls "$root" 2>/dev/null
}

_peng()
{
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}

	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W "--help --version $(peng --help |
			sed -n 's/^  \([a-z-]*\) .*/\1/p')" -- "$word")
		return
	fi
	if [[ " show stat pause resume kill reset rename limit " == *" ${COMP_WORDS[1]} "* && $word != -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(peng ls 2>/dev/null |
			awk 'NR > 1 { print $1; if ($2 != "-") print $2 }')" -- "$word")
		return
	fi
	if [[ " start stop restart console edit balloon cpus rm " == *" ${COMP_WORDS[1]} "* && $word != -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_peng_homes)" -- "$word")
		return
	fi
	if [[ " attach-disk detach-disk resize-disk " == *" ${COMP_WORDS[1]} "* && $word != -* ]]; then
		if [ "$COMP_CWORD" -eq 2 ]; then
			mapfile -t COMPREPLY < <(compgen -W "$(_peng_homes)" -- "$word")
		else
			mapfile -t COMPREPLY < <(compgen -f -- "$word")
		fi
		return
	fi
	if [ "${COMP_WORDS[1]}" = exec ] && [[ $word != -* ]]; then
		mapfile -t COMPREPLY < <(compgen -c -- "$word")
		return
	fi
	case $before in
	--kernel|-k|--initrd|-i|--disk|-d|--device|-D)
		mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
	--net|-n)
		mapfile -t COMPREPLY < <(compgen -W 'user none tap=' -- "$word") ;;
	--console|-C)
		mapfile -t COMPREPLY < <(compgen -W 'stdio pty' -- "$word") ;;
	*)
		mapfile -t COMPREPLY < <(compgen -W "$(peng "${COMP_WORDS[1]}" --help |
			grep -o -- '--[a-z]*')" -- "$word") ;;
	esac
}
complete -o filenames -F _peng peng
