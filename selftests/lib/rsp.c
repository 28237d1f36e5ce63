// SPDX-License-Identifier: GPL-2.0-only
/*
 * rsp PORT COMMAND... - the least of a debugger, for QEMU's gdb stub
 *
 * Speaks GDB's remote serial protocol, connects, does one thing with the stopped
 * guest, lets it go on and leaves.  For scripts; prints what it saw.
 *
 *	break ADDRESS	run to a hardware breakpoint; prints where the guest stopped
 *	watch ADDRESS	run to a store to these 8 bytes; prints which address stopped it
 *	soft ADDRESS	run to a software breakpoint; prints where the guest stopped
 *	into ADDRESS	run to a hardware breakpoint at a function's first instruction;
 *			prints how far the PC went in three single steps from there
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* In the answer to 'g': x0 to x30, SP, PC. */
#define REG_PC	32

static int sock;

static void die(const char *what)
{
	fprintf(stderr, "rsp: %s\n", what);
	exit(1);
}

static unsigned char next(void)
{
	unsigned char c;

	if (read(sock, &c, 1) != 1)
		die("the stub has gone");
	return c;
}

/* One packet from the stub, acknowledged; without '$' and checksum. */
static char *receive(void)
{
	static char text[16384];
	size_t len = 0;
	char c;

	while (next() != '$')
		;
	while ((c = next()) != '#')
		if (len < sizeof(text) - 1)
			text[len++] = c;
	next();
	next();
	text[len] = '\0';
	if (write(sock, "+", 1) != 1)
		die("the stub has gone");
	return text;
}

static void send_packet(const char *text)
{
	char packet[256];
	unsigned char sum = 0;
	int len;

	for (const char *p = text; *p; p++)
		sum += *p;
	len = snprintf(packet, sizeof(packet), "$%s#%02x", text, sum);
	if (write(sock, packet, len) != len)
		die("the stub has gone");
}

static char *ask(const char *text)
{
	send_packet(text);
	return receive();
}

/* The stub may still have to tell that the guest has stopped. */
static char *ask_stopped(const char *text)
{
	char *answer = ask(text);

	while (answer[0] == 'T')
		answer = receive();
	return answer;
}

static void order(const char *text)
{
	const char *answer = ask_stopped(text);

	if (strcmp(answer, "OK")) {
		fprintf(stderr, "rsp: %s: %s\n", text, answer);
		exit(1);
	}
}

/* Registers come as bytes in hex, in the order of memory. */
static unsigned long pc(void)
{
	const char *hex = ask_stopped("g");
	unsigned long val = 0;
	unsigned int byte;

	if (strlen(hex) < 16 * (REG_PC + 1))
		die("no registers");
	hex += 16 * REG_PC;
	for (int i = 7; i >= 0; i--) {
		if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
			die("no PC");
		val = val << 8 | byte;
	}
	return val;
}

/* Runs to the point @type at @address (Z0, Z1, Z2), and takes it away again. */
static unsigned long run_to(char type, unsigned long address, unsigned int len)
{
	unsigned long seen;
	char text[64], *stop, *watch;

	snprintf(text, sizeof(text), "Z%c,%lx,%x", type, address, len);
	order(text);
	stop = ask("c");
	watch = strstr(stop, "watch:");
	seen = watch ? strtoul(watch + 6, NULL, 16) : 0;
	if (type != '2')
		seen = pc();
	text[0] = 'z';
	order(text);
	return seen;
}

/* No function of the kernel branches before its third instruction. */
static unsigned long step_into(unsigned long address)
{
	unsigned long start = run_to('1', address, 4);

	for (int i = 0; i < 3; i++)
		ask("s");
	return pc() - start;
}

static void attach(int port)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	sock = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(sock, (struct sockaddr *)&to, sizeof(to)))
		die("nobody listens");
	/* By this a debugger says that it wants to know why the guest stands. */
	ask("?");
	pc();
}

int main(int argc, char **argv)
{
	unsigned long address, seen = 0;

	if (argc != 4)
		die("usage: rsp PORT break|watch|soft|into ADDRESS");
	attach(atoi(argv[1]));
	address = strtoul(argv[3], NULL, 0);
	if (!strcmp(argv[2], "break"))
		seen = run_to('1', address, 4);
	else if (!strcmp(argv[2], "watch"))
		seen = run_to('2', address, 8);
	else if (!strcmp(argv[2], "soft"))
		seen = run_to('0', address, 4);
	else if (!strcmp(argv[2], "into"))
		seen = step_into(address);
	else
		die(argv[2]);
	ask("D");
	printf("%#lx\n", seen);
	return 0;
}
