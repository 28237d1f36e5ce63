// SPDX-License-Identifier: GPL-2.0-only
/*
 * The program `peng`: finds the command and runs it.
 */
#include "cmd.h"
#include "../lib/client.h"
#include "../vmm/options.h"
#include "../vmm/util.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct command commands[] = {
	{ "run", "--kernel IMAGE [OPTION]...", "run a guest in this terminal", .run = cmd_run },
	{ "create", "NAME --kernel IMAGE ...", "make a VM with a folder of its own",
	  .act = cmd_create, .rest = true,
	  .details = "Other options are those of peng run, but --name and --console.\n" },
	{ "start", "NAME [--foreground]", "start a VM in the background",
	  .act = cmd_start, .options = CMD_FOREGROUND, .words = 1,
	  .details = "When it returns, the VM runs, or one line says why not.\n" },
	{ "stop", "NAME [--timeout SEC]", "ask a VM to power off, then force it",
	  .act = cmd_stop, .options = CMD_TIMEOUT, .words = 1,
	  .details = "A VM that does not run is stopped already.\n" },
	{ "restart", "NAME [--timeout SEC]", "stop a VM and start it",
	  .act = cmd_restart, .options = CMD_TIMEOUT, .words = 1,
	  .details = "It starts from its config as that is now.\n" },
	{ "console", "NAME", "attach this terminal to a VM's console",
	  .act = cmd_console, .words = 1,
	  .details = "Ctrl-A d leaves it, Ctrl-A Ctrl-A sends Ctrl-A. Several may be attached.\n" },
	{ "edit", "NAME", "edit a VM's config",
	  .act = cmd_edit, .words = 1,
	  .details = "By $VISUAL, $EDITOR or vi. It counts from the next start.\n" },
	{ "balloon", "NAME SIZE [--timeout SEC]", "have a VM's guest give memory back",
	  .act = cmd_balloon, .options = CMD_TIMEOUT, .words = 2,
	  .details = "SIZE is what it keeps, 16M or more, and all of its memory gives it back.\n"
		     "When it returns, the guest has done so. It counts until the VM ends.\n" },
	{ "cpus", "NAME N [--timeout SEC]", "have a VM's guest use N of its vCPUs",
	  .act = cmd_cpus, .options = CMD_TIMEOUT, .words = 2,
	  .details = "Through qemu-guest-agent, which the guest has to run. When it returns, the\n"
		     "guest has done so. It counts until the guest changes it, or boots.\n" },
	{ "attach-disk", "NAME FILE[,ro]", "give a guest that runs another disk",
	  .act = cmd_attach_disk, .words = 2,
	  .details = "It is a SCSI disk to the guest, /dev/sda for example, until the VM ends.\n" },
	{ "detach-disk", "NAME FILE", "take such a disk away",
	  .act = cmd_detach_disk, .words = 2,
	  .details = "The guest is told and not asked: unmount it there before.\n" },
	{ "resize-disk", "NAME DISK SIZE", "make a VM's disk larger",
	  .act = cmd_resize_disk, .words = 3,
	  .details = "DISK is its file. A guest that runs is told at once. A block device is made\n"
		     "larger by its own tool first.\n" },
	{ "rm", "NAME", "remove a VM that does not run, with its folder",
	  .act = cmd_rm, .words = 1,
	  .details = "Disks outside of the folder stay.\n" },
	{ "exec", "[--] COMMAND...", "run a client of KVM on peng", .run = cmd_exec },
	{ "ls", "[--json] [--all] [--cgroup PATH]", "list VMs, whoever runs them", .act = cmd_ls,
	  .options = CMD_JSON | CMD_ALL | CMD_CGROUP,
	  .details = "Root sees all VMs, others see their own. What runs is listed, and by --all\n"
		     "what could be started.\n" },
	{ "show", "[--json] VM", "show a VM and its vCPUs", .act = cmd_show,
	  .options = CMD_JSON, .words = 1,
	  .details = "Counters are from a vCPU's creation or peng reset on; --json has all of them.\n" },
	{ "stat", "[--json] [-x] [-i SEC] VM", "print what a VM's vCPUs do, again and again",
	  .act = cmd_stat, .options = CMD_JSON | CMD_INTERVAL | CMD_COUNT | CMD_EXITS, .words = 1,
	  .details = "Rates are of all vCPUs together; HALTED is a share of their time, and waits\n"
		     "count when they end. By --exits a line for each class of exits: how many,\n"
		     "what share of the vCPUs' time they took, how long one took on average, at\n"
		     "most for half of them, and for 99 of 100, and what user space had of it.\n" },
	{ "top", "[-i SEC]", "watch and steer all VMs on a screen", .act = cmd_top,
	  .options = CMD_INTERVAL,
	  .details = "Times are of the vCPUs' threads: in the guest, in the host, and waiting for a\n"
		     "CPU. Keys: up and down choose a VM, v shows its vCPUs, x its exits, p pauses\n"
		     "it or lets it go on, k kills it; c, e, m, n sort by CPU, exits, memory, number; q ends.\n" },
	{ "metrics", "[--listen ADDRESS:PORT]", "print all VMs for Prometheus",
	  .act = cmd_metrics, .options = CMD_LISTEN,
	  .details = "In the text format, for node_exporter's textfile collector, or as the page\n"
		     "/metrics of an HTTP server, which runs until it is interrupted.\n" },
	{ "events", "[--json] [-n N]", "print what happens to VMs, as it happens",
	  .act = cmd_events, .options = CMD_JSON | CMD_COUNT | CMD_FOLLOW,
	  .details = "The first line says that nothing is missed from there on. Needs root.\n" },
	{ "pause", "VM", "hold a VM's vCPUs outside the guest", .act = cmd_pause, .words = 1,
	  .details = "When it returns, the guest executes nothing. Its clock goes on.\n" },
	{ "resume", "VM", "let a paused VM go on", .act = cmd_resume, .words = 1,
	  .details = "However often it was paused.\n" },
	{ "kill", "VM", "end a VM; its process gets an error", .act = cmd_kill, .words = 1,
	  .details = "The guest is not asked, and loses what it has not written.\n" },
	{ "reset", "VM", "have a VM's counters begin anew", .act = cmd_reset, .words = 1,
	  .details = "Those of show, stat and metrics; the guest notices nothing, and what its\n"
		     "client reads by KVM_GET_STATS_FD goes on.\n" },
	{ "rename", "VM NAME", "give a VM a name", .act = cmd_rename, .words = 2,
	  .details = "A name is a letter, then letters, digits and . _ -, 63 at most, and no other\n"
		     "VM has it. An empty NAME ('') takes it away.\n" },
	{ "limit", "[--json] VM [OPTION]...", "say how much a VM may have of the host",
	  .act = cmd_limit, .options = CMD_JSON | CMD_LIMIT, .words = 1,
	  .details = "Without an option it prints the limits. It counts at once, until the VM ends;\n"
		     "all its vCPUs together have a share, and each may run on all CPUs of a list.\n"
		     "Memory is limited where the VM has a cgroup of its own, as by peng start.\n" },
	{ "host", "[--json] [OPTION]...", "show the host, or limit how many VMs it has",
	  .act = cmd_host, .options = CMD_JSON | CMD_MAX,
	  .details = "A limit counts at once, until the module is unloaded; what there is stays.\n" },
	{ "doctor", "[--json]", "see whether this host can run guests", .act = cmd_doctor,
	  .options = CMD_JSON,
	  .details = "Where something is in the way it says what to do, and ends with 1.\n" },
};

static const struct option long_options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "count", required_argument, NULL, 'n' },
	{ "interval", required_argument, NULL, 'i' },
	{ "follow", no_argument, NULL, 'f' },
	{ "foreground", no_argument, NULL, 'F' },
	{ "timeout", required_argument, NULL, 't' },
	{ "listen", required_argument, NULL, 'l' },
	{ "all", no_argument, NULL, 'a' },
	{ "exits", no_argument, NULL, 'x' },
	{ "histogram", no_argument, NULL, 'H' },
	{ "cpu", required_argument, NULL, 'c' },
	{ "quota", required_argument, NULL, 'q' },
	{ "period", required_argument, NULL, 'p' },
	{ "cpus", required_argument, NULL, 'C' },
	{ "memory", required_argument, NULL, 'm' },
	{ "cgroup", required_argument, NULL, 'g' },
	{ "max-vms", required_argument, NULL, 'v' },
	{ "max-vcpus", required_argument, NULL, 'V' },
	{ "max-vms-per-user", required_argument, NULL, 'u' },
	{ "max-vcpus-per-user", required_argument, NULL, 'U' },
	{ "help", no_argument, NULL, 'h' },
	{ },
};

/* Options of the commands with @act, for their help and their rows. */
static const struct {
	int letter;
	unsigned int option;
	const char *help;
} options[] = {
	{ 'j', CMD_JSON, "  -j, --json     for programs; see peng-ls(1) for the keys" },
	{ 'i', CMD_INTERVAL, "  -i, --interval SEC  seconds between lines (1)" },
	{ 'n', CMD_COUNT, "  -n, --count N  end after N events or lines" },
	{ 'f', CMD_FOLLOW, "  -f, --follow   go on until interrupted, as without --count" },
	{ 'F', CMD_FOREGROUND, "  -F, --foreground  stay until the VM ends, for systemd" },
	{ 't', CMD_TIMEOUT, "  -t, --timeout SEC  how long the guest has (60)" },
	{ 'l', CMD_LISTEN, "  -l, --listen ADDRESS:PORT  serve them, on 127.0.0.1:9177 for example" },
	{ 'a', CMD_ALL, "  -a, --all      VMs with a folder that do not run, too" },
	{ 'x', CMD_EXITS, "  -x, --exits    why the guest was left, and for how long" },
	{ 'H', CMD_EXITS, "  -H, --histogram  the same, and how many exits were how long" },
	{ 'c', CMD_LIMIT, "  -c, --cpu PERCENT  of one CPU, 50 or 250 for example, or none" },
	{ 'q', CMD_LIMIT, "  -q, --quota US  the same in microseconds of each period" },
	{ 'p', CMD_LIMIT, "  -p, --period US  how long a period is, 1000 to 1000000 (100000)" },
	{ 'C', CMD_LIMIT, "  -C, --cpus LIST  CPUs that the vCPUs may run on, as 0-3,8, or none for all" },
	{ 'm', CMD_LIMIT, "  -m, --memory SIZE  all that its process has, the guest's memory in it, or none" },
	{ 'g', CMD_CGROUP, "  -g, --cgroup PATH  those whose processes are in this cgroup" },
	{ 'v', CMD_MAX, "  -v, --max-vms N  most VMs on the host, or none for no limit, as the next" },
	{ 'V', CMD_MAX, "  -V, --max-vcpus N  most vCPUs on the host, of all VMs together" },
	{ 'u', CMD_MAX, "  -u, --max-vms-per-user N  most VMs of a user, root included" },
	{ 'U', CMD_MAX, "  -U, --max-vcpus-per-user N  most vCPUs of a user" },
	{ 'h', 0, "  -h, --help     print this and exit" },
};

static void print_help(void)
{
	printf("Usage: peng COMMAND [ARGUMENT]...\n"
	       "       peng --help | --version\n"
	       "\n"
	       "Commands (peng COMMAND --help tells more):\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  %-11s %-27s  %s\n", commands[i].name, commands[i].arguments,
		       commands[i].help);
	printf("\nVM is the number or the name of a VM, as peng ls shows it. NAME is a VM\n"
	       "with a folder of its own, in $PENG_HOME; see peng-create(1).\n");
}

static void print_command_help(const struct command *command)
{
	printf("Usage: peng %s %s\n%c%s.\n%s\n", command->name, command->arguments,
	       command->help[0] - 'a' + 'A', command->help + 1, command->details);
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (!options[i].option || options[i].option & command->options)
			printf("%s\n", options[i].help);
	if (command->rest)
		options_print_help();
	printf("\n"
	       "Exit status:\n"
	       "  %d  done\n"
	       "  %d  the kernel refused, or something failed\n"
	       "  %d  wrong usage\n"
	       "  %d  there is no such VM\n"
	       "  %d  not allowed\n"
	       "  %d  the module is not loaded\n",
	       STATUS_OK, STATUS_FAILED, STATUS_USAGE, STATUS_NO_VM, STATUS_DENIED,
	       STATUS_NO_MODULE);
}

static bool allowed(const struct command *command, int letter)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (options[i].letter == letter)
			return !options[i].option || options[i].option & command->options;
	return false;
}

static bool read_number(const char *text, unsigned long min, unsigned long max,
			unsigned long *number)
{
	char *end;

	errno = 0;
	*number = strtoul(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno && *number >= min &&
	       *number <= max;
}

/* From a tenth of a second to a day. */
static bool read_interval(const char *text, double *seconds)
{
	char *end;

	*seconds = strtod(text, &end);
	return *text >= '0' && *text <= '9' && !*end && *seconds >= 0.1 && *seconds <= 86400;
}

/* What is behind the options; 0, or -1 after a line to the user. */
static int read_words(const struct command *command, int count, char **from, struct words *words)
{
	if (count != command->words) {
		report("%s %s; see peng %s --help", command->name,
		       count > command->words ? "takes no more arguments" :
		       command->words > 1 ? "needs more arguments" : "needs more: which VM?",
		       command->name);
		return -1;
	}
	for (int i = 0; i < count; i++)
		words->word[i] = from[i];
	return 0;
}

/* Where an option's text goes that is the command's to understand; NULL for others. */
static const char **text_option(int letter, struct words *words)
{
	const struct {
		int letter;
		const char **text;
	} texts[] = {
		{ 'l', &words->listen },
		{ 'c', &words->cpu },
		{ 'q', &words->quota },
		{ 'p', &words->period },
		{ 'C', &words->cpus },
		{ 'm', &words->memory },
		{ 'g', &words->cgroup },
		{ 'v', &words->max[0] },
		{ 'V', &words->max[1] },
		{ 'u', &words->max[2] },
		{ 'U', &words->max[3] },
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (texts[i].letter == letter)
			return texts[i].text;
	return NULL;
}

/* One option; 0, or -1 after a line to the user. */
static int read_option(int letter, struct words *words)
{
	const char **text = text_option(letter, words);

	if (text)
		*text = optarg;
	if (letter == 'j')
		words->json = true;
	if (letter == 'F')
		words->foreground = true;
	if (letter == 'a')
		words->all = true;
	if (letter == 'x')
		words->exits = true;
	if (letter == 'H')
		words->histogram = true;
	if (letter == 'n' && !read_number(optarg, 1, ULONG_MAX, &words->count)) {
		report("'%s' is no number of events or lines", optarg);
		return -1;
	}
	if (letter == 'i' && !read_interval(optarg, &words->interval)) {
		report("'%s' is no number of seconds from 0.1 to 86400", optarg);
		return -1;
	}
	if (letter == 't' && !read_number(optarg, 0, 86400, &words->timeout)) {
		report("'%s' is no number of seconds from 0 to 86400", optarg);
		return -1;
	}
	return 0;
}

/* A name, and what the command reads itself. */
static int act_on_rest(const struct command *command, int argc, char **argv)
{
	struct words words = { .rest_count = argc - 1, .rest = argv + 1 };

	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		print_command_help(command);
		return STATUS_OK;
	}
	if (argc < 2 || argv[1][0] == '-') {
		report("%s needs a name first; see peng %s --help", command->name, command->name);
		return STATUS_USAGE;
	}
	words.word[0] = argv[1];
	return command->act(&words);
}

static int act(const struct command *command, int argc, char **argv)
{
	struct words words = { .interval = 1, .timeout = 60 };
	int letter;

	if (command->rest)
		return act_on_rest(command, argc, argv);
	opterr = 0;
	while ((letter = getopt_long(argc, argv, "jn:i:fFt:l:ac:q:p:C:m:g:v:V:u:U:hxH", long_options, NULL)) != -1) {
		if (!allowed(command, letter)) {
			report("unknown option or missing value '%s'; see peng %s --help",
			       argv[optind - 1], command->name);
			return STATUS_USAGE;
		}
		if (letter == 'h') {
			print_command_help(command);
			return STATUS_OK;
		}
		if (read_option(letter, &words))
			return STATUS_USAGE;
	}
	if (read_words(command, argc - optind, argv + optind, &words))
		return STATUS_USAGE;
	return command->act(&words);
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

/* A file opened later must not become the guest's console by its number. */
static void open_standard_files(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	const struct command *command;

	open_standard_files();
	if (argc < 2) {
		report("no command; see peng --help");
		return STATUS_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		print_help();
		return 0;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		printf("peng %s\n", PENG_VERSION);
		return 0;
	}
	command = find_command(argv[1]);
	if (!command) {
		report("unknown command '%s'; see peng --help", argv[1]);
		return STATUS_USAGE;
	}
	if (command->act)
		return act(command, argc - 1, argv + 1);
	return command->run(argc - 1, argv + 1);
}
