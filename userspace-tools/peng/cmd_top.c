// SPDX-License-Identifier: GPL-2.0-only
/*
 * `peng top`: the screen of all VMs. What is shown is the difference of two
 * samples; a VM or a vCPU that was not in the last one has no rates yet.
 */
#include "cmd.h"
#include "rates.h"
#include "../lib/client.h"
#include "../lib/exits.h"
#include "../lib/names.h"
#include "../lib/text.h"
#include "../vmm/util.h"

#include <curses.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BAR_WIDTH 20
#define KEY_ESCAPE 27

enum colour { COLOUR_GUEST = 1, COLOUR_HOST, COLOUR_STEAL };

/**
 * struct use - what vCPUs did between two samples
 * @time: nanoseconds in the guest, in the host, and waiting for a CPU
 * @counters: by PENG_A_COUNTER_*
 * @exits: by PENG_A_EXITS_*
 */
struct use {
	uint64_t time[3];
	uint64_t counters[PENG_A_COUNTER_MAX + 1];
	struct exit_info exits[PENG_A_EXITS_MAX + 1];
};

/**
 * struct row - a VM of a sample
 * @vm: the VM
 * @vcpus: its vCPUs
 * @use: since the last sample, of all its vCPUs together
 */
struct row {
	struct vm_info vm;
	struct vcpu_list vcpus;
	struct use use;
};

/**
 * struct sample - all VMs at a moment
 * @ns: when, by CLOCK_MONOTONIC
 * @rows: VMs
 */
struct sample {
	uint64_t ns;
	struct row *rows;
	size_t count;
};

/**
 * struct top - the screen
 * @client: whom to ask
 * @host: what does not change
 * @now: last sample
 * @before: the one before it
 * @interval: between them, in seconds
 * @selected: number of the VM that keys are about
 * @unfolded: whether its vCPUs are shown
 * @exits: whether its exits are shown
 * @sort: row of sorts[]
 * @message: answer to the last key
 */
struct top {
	struct client *client;
	struct host_info host;
	struct sample now, before;
	double interval;
	uint32_t selected;
	bool unfolded;
	bool exits;
	size_t sort;
	char message[256];
};

static uint64_t busy(const struct row *row)
{
	return row->use.time[0] + row->use.time[1];
}

static uint64_t exits(const struct row *row)
{
	return row->use.counters[PENG_A_COUNTER_EXITS];
}

static uint64_t memory(const struct row *row)
{
	return row->vm.memory;
}

/* The youngest first, as the busiest come first. */
static uint64_t number(const struct row *row)
{
	return row->vm.id;
}

static const struct {
	int key;
	const char *name;
	uint64_t (*value)(const struct row *row);
} sorts[] = {
	{ 'c', "cpu", busy },
	{ 'e', "exits", exits },
	{ 'm', "memory", memory },
	{ 'n', "number", number },
};

static void free_sample(struct sample *sample)
{
	for (size_t i = 0; i < sample->count; i++)
		free(sample->rows[i].vcpus.vcpus);
	free(sample->rows);
	*sample = (struct sample) { };
}

static enum status take_sample(struct client *client, struct sample *sample)
{
	struct vm_list list = { };
	enum status status = client_list_vms(client, &list);

	*sample = (struct sample) { .ns = text_now(CLOCK_MONOTONIC) };
	sample->rows = calloc(list.count + 1, sizeof(*sample->rows));
	if (!sample->rows) {
		report("out of memory");
		status = STATUS_FAILED;
	}
	for (size_t i = 0; i < list.count && status == STATUS_OK; i++) {
		struct row *row = &sample->rows[sample->count++];

		row->vm = list.vms[i];
		status = client_list_vcpus_left(client, &row->vm, &row->vcpus);
	}
	free(list.vms);
	return status;
}

static const struct row *find_row(const struct sample *sample, uint32_t id)
{
	for (size_t i = 0; i < sample->count; i++)
		if (sample->rows[i].vm.id == id)
			return &sample->rows[i];
	return NULL;
}

static const struct vcpu_info *find_vcpu(const struct row *row, uint32_t id)
{
	for (size_t i = 0; row && i < row->vcpus.count; i++)
		if (row->vcpus.vcpus[i].id == id)
			return &row->vcpus.vcpus[i];
	return NULL;
}

/* Of another thread, or counted anew: then it begins here. */
static uint64_t gain(uint64_t from, uint64_t to)
{
	return to > from ? to - from : 0;
}

static struct use use_of(const struct vcpu_info *from, const struct vcpu_info *to)
{
	struct use use = { };

	if (!from || from->tid != to->tid)
		return use;
	use.time[0] = gain(from->guest_ns, to->guest_ns);
	use.time[1] = gain(use.time[0], gain(from->run_ns, to->run_ns));
	use.time[2] = gain(from->steal_ns, to->steal_ns);
	for (int i = 0; i <= PENG_A_COUNTER_MAX; i++)
		use.counters[i] = gain(from->counters[i], to->counters[i]);
	for (int i = 0; i <= PENG_A_EXITS_MAX; i++)
		use.exits[i] = exit_since(&from->exits[i], &to->exits[i]);
	return use;
}

static void add_use(struct use *sum, const struct use *use)
{
	for (size_t i = 0; i < ARRAY_SIZE(sum->time); i++)
		sum->time[i] += use->time[i];
	for (int i = 0; i <= PENG_A_COUNTER_MAX; i++)
		sum->counters[i] += use->counters[i];
	for (int i = 0; i <= PENG_A_EXITS_MAX; i++)
		exit_add(&sum->exits[i], &use->exits[i]);
}

static void sum_up(const struct sample *before, struct row *row)
{
	const struct row *last = find_row(before, row->vm.id);

	for (size_t i = 0; i < row->vcpus.count; i++) {
		const struct vcpu_info *vcpu = &row->vcpus.vcpus[i];
		struct use use = use_of(find_vcpu(last, vcpu->id), vcpu);

		add_use(&row->use, &use);
	}
}

static int compare(const void *a, const void *b, void *arg)
{
	const size_t *sort = arg;
	uint64_t left = sorts[*sort].value(a), right = sorts[*sort].value(b);

	if (left != right)
		return left < right ? 1 : -1;
	return number(a) < number(b) ? -1 : 1;
}

static void sort_rows(struct top *top)
{
	qsort_r(top->now.rows, top->now.count, sizeof(*top->now.rows), compare, &top->sort);
}

static enum status next_sample(struct top *top)
{
	struct sample sample;
	enum status status = take_sample(top->client, &sample);

	free_sample(&top->before);
	top->before = top->now;
	top->now = sample;
	for (size_t i = 0; i < sample.count; i++)
		sum_up(&top->before, &sample.rows[i]);
	sort_rows(top);
	if (!find_row(&top->now, top->selected))
		top->selected = sample.count ? sample.rows[0].vm.id : 0;
	return status;
}

/* One mark for each twentieth of the time that @vcpus had. */
static void print_bar(const struct use *use, uint64_t ns, size_t vcpus)
{
	static const char marks[] = { '#', '+', '-' };
	double sum = 0;
	int drawn = 0;

	addch('[');
	for (size_t i = 0; i < ARRAY_SIZE(use->time); i++) {
		sum += ns && vcpus ? (double)use->time[i] / ns / vcpus : 0;
		attron(COLOR_PAIR(COLOUR_GUEST + i));
		for (; drawn < BAR_WIDTH && drawn + 0.5 < sum * BAR_WIDTH; drawn++)
			addch(marks[i]);
		attroff(COLOR_PAIR(COLOUR_GUEST + i));
	}
	printw("%*s]", BAR_WIDTH - drawn, "");
}

static void print_use(const struct top *top, const struct use *use, size_t vcpus)
{
	uint64_t ns = top->before.ns ? top->now.ns - top->before.ns : 0;

	for (size_t i = 0; i < ARRAY_SIZE(use->time); i++)
		printw(" %5.0f%%", ns ? 100.0 * use->time[i] / ns : 0);
	addch(' ');
	print_bar(use, ns, vcpus);
	for (size_t i = 0; rate_at(i); i++)
		if (rate_at(i)->top)
			printw(" %8.0f", ns ? use->counters[rate_at(i)->counter] * 1e9 / ns : 0);
}

static void print_vm(const struct top *top, const struct row *row)
{
	char size[TEXT_MAX];

	if (row->vm.id == top->selected)
		attron(A_REVERSE);
	printw("%5" PRIu32 " %-12.12s %-9s", row->vm.id, row->vm.name[0] ? row->vm.name : "-",
	       name_of_vm_state(row->vm.state));
	attroff(A_REVERSE);
	printw(" %5" PRIu32 " %7s", row->vm.vcpus, text_size(size, row->vm.memory));
	print_use(top, &row->use, row->vcpus.count);
}

static void print_vcpu(const struct top *top, const struct row *row, const struct vcpu_info *vcpu)
{
	const struct row *last = find_row(&top->before, row->vm.id);
	struct use use = use_of(find_vcpu(last, vcpu->id), vcpu);

	printw("      vCPU %-7" PRIu32 " %-9s", vcpu->id, name_of_vcpu_state(vcpu->state));
	if (vcpu->cpu < 0)
		printw(" %5s %7s", "", "");
	else
		printw(" %5s CPU %3d", "", vcpu->cpu);
	print_use(top, &use, 1);
}

static void print_exits(const struct top *top, const struct row *row, unsigned int class)
{
	const struct exit_info *exits = &row->use.exits[class];
	uint64_t ns = top->before.ns ? top->now.ns - top->before.ns : 0;
	char mean[TEXT_MAX], p99[TEXT_MAX];

	printw("      %-11s %9.0f exits/s %5.1f%%  mean %7s  99%% within %7s", name_of_exits(class),
	       ns ? exits->count * 1e9 / ns : 0, ns ? 100.0 * exits->ns / ns : 0,
	       text_short(mean, exit_mean(exits)), text_short(p99, exit_quantile(exits, 0.99)));
}

/* What the keys have unfolded below the selected VM; the next free line. */
static int print_details(const struct top *top, const struct row *row, int line)
{
	for (size_t i = 0; top->unfolded && i < row->vcpus.count && move(line, 0) != ERR; i++, line++)
		print_vcpu(top, row, &row->vcpus.vcpus[i]);
	for (unsigned int i = 1; top->exits && i <= PENG_A_EXITS_MAX; i++)
		if (row->use.exits[i].count && move(line, 0) != ERR) {
			print_exits(top, row, i);
			line++;
		}
	return line;
}

static void print_head(const struct top *top)
{
	char text[TEXT_MAX];
	size_t vcpus = 0;

	for (size_t i = 0; i < top->now.count; i++)
		vcpus += top->now.rows[i].vcpus.count;
	printw("peng %s  %s  %.8s UTC  %zu VMs, %zu vCPUs  every %.1fs  by %s", top->host.version,
	       name_of_mode(top->host.mode), text_time(text, text_now(CLOCK_REALTIME)) + 11,
	       top->now.count, vcpus, top->interval, sorts[top->sort].name);
	move(1, 0);
	addstr(top->message[0] ? top->message :
	       "up/down VM  v vCPUs  x exits  p pause/resume  k kill  c/e/m/n sort  q quit");
	move(2, 0);
	attron(A_BOLD);
	printw("%5s %-12s %-9s %5s %7s %6s %6s %6s %-*s", "ID", "NAME", "STATE", "VCPUS", "MEMORY",
	       "GUEST", "HOST", "STEAL", BAR_WIDTH + 2, "#guest +host -steal");
	for (size_t i = 0; rate_at(i); i++)
		if (rate_at(i)->top)
			printw(" %8s", rate_at(i)->title);
	attroff(A_BOLD);
}

static void draw(const struct top *top)
{
	int line = 3;

	erase();
	move(0, 0);
	print_head(top);
	for (size_t i = 0; i < top->now.count; i++) {
		const struct row *row = &top->now.rows[i];

		if (move(line++, 0) == ERR)
			break;
		print_vm(top, row);
		if (row->vm.id == top->selected)
			line = print_details(top, row, line);
	}
	refresh();
}

static void step(struct top *top, int by)
{
	for (size_t i = 0; i < top->now.count; i++) {
		if (top->now.rows[i].vm.id != top->selected)
			continue;
		if (i + by < top->now.count)
			top->selected = top->now.rows[i + by].vm.id;
		return;
	}
}

static void steer(struct top *top, int cmd, const char *done)
{
	const struct row *row = find_row(&top->now, top->selected);
	const char *why;

	if (client_try_steer(top->client, cmd, &row->vm, &why) == STATUS_OK)
		why = done;
	snprintf(top->message, sizeof(top->message), "VM %" PRIu32 ": %s", row->vm.id, why);
}

static void pause_or_resume(struct top *top)
{
	if (find_row(&top->now, top->selected)->vm.state == PENG_VM_STATE_PAUSED)
		steer(top, PENG_CMD_VM_RESUME, "goes on");
	else
		steer(top, PENG_CMD_VM_PAUSE, "paused");
}

/* The screen stands still until it is answered: the question is about what it shows. */
static void ask_and_kill(struct top *top)
{
	snprintf(top->message, sizeof(top->message),
		 "kill VM %" PRIu32 "? Its guest loses what it has not written. y or n", top->selected);
	draw(top);
	timeout(-1);
	if (getch() == 'y')
		steer(top, PENG_CMD_VM_KILL, "killed");
	else
		snprintf(top->message, sizeof(top->message), "not killed");
}

/* Whether to go on. */
static bool handle_key(struct top *top, int key)
{
	top->message[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(sorts); i++)
		if (sorts[i].key == key)
			top->sort = i;
	sort_rows(top);
	if (key == 'q' || key == KEY_ESCAPE)
		return false;
	if (!top->now.count)
		return true;
	if (key == KEY_UP)
		step(top, -1);
	else if (key == KEY_DOWN)
		step(top, 1);
	else if (key == 'v')
		top->unfolded = !top->unfolded;
	else if (key == 'x')
		top->exits = !top->exits;
	else if (key == 'p')
		pause_or_resume(top);
	else if (key == 'k')
		ask_and_kill(top);
	return true;
}

static enum status watch(struct top *top)
{
	enum status status = STATUS_OK;
	uint64_t due = 0;
	bool goes_on = true;

	while (goes_on) {
		uint64_t now = text_now(CLOCK_MONOTONIC);
		int key;

		if (now >= due) {
			status = next_sample(top);
			if (status != STATUS_OK)
				break;
			due = now + top->interval * 1e9;
		}
		draw(top);
		timeout(due > now ? (due - now) / 1000000 + 1 : 0);
		key = getch();
		goes_on = key == ERR || handle_key(top, key);
	}
	return status;
}

static SCREEN *open_screen(void)
{
	SCREEN *screen = newterm(NULL, stdout, stdin);

	if (!screen)
		return NULL;
	cbreak();
	noecho();
	keypad(stdscr, true);
	scrollok(stdscr, false);
	curs_set(0);
	set_escdelay(50);
	if (has_colors() && !(getenv("NO_COLOR") && *getenv("NO_COLOR"))) {
		start_color();
		use_default_colors();
		init_pair(COLOUR_GUEST, COLOR_GREEN, -1);
		init_pair(COLOUR_HOST, COLOR_BLUE, -1);
		init_pair(COLOUR_STEAL, COLOR_RED, -1);
	}
	return screen;
}

static enum status show_screen(struct top *top)
{
	enum status status;
	SCREEN *screen;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		report("top needs a terminal; for programs there are peng ls --json and peng stat");
		return STATUS_USAGE;
	}
	screen = open_screen();
	if (!screen) {
		report("terminal '%s' is unknown here; set TERM to one that is, as vt100",
		       getenv("TERM") ? getenv("TERM") : "");
		return STATUS_USAGE;
	}
	status = watch(top);
	endwin();
	delscreen(screen);
	/* Its complaint went with the screen. */
	return status == STATUS_OK ? status : next_sample(top);
}

int cmd_top(const struct words *words)
{
	struct top top = { .interval = words->interval };
	enum status status = client_open(&top.client);

	if (status == STATUS_OK)
		status = client_get_host(top.client, &top.host);
	if (status == STATUS_OK)
		status = show_screen(&top);
	free_sample(&top.now);
	free_sample(&top.before);
	client_close(top.client);
	return status;
}
