# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Completion of peng's command line in bash. Options come from the program's own
# help, so that there is one list of them.

_peng()
{
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}

	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W 'run exec --help --version' -- "$word")
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
