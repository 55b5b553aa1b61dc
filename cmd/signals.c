#include "signals.h"

#include <signal.h>
#include <unistd.h>

#include "exit.h"

/* A handler gets no context of its own. */
static struct rel_cancel *cancelled;

static void on_interrupt(int number)
{
	atomic_store_explicit(&cancelled->signal, number, memory_order_relaxed);
}

#ifndef __SANITIZE_ADDRESS__
static void on_crash(int number)
{
	static const char text[] =
	    "relctl: internal error; please report it, with the command line\n";
	ssize_t n = write(STDERR_FILENO, text, sizeof(text) - 1);

	(void)n;
	(void)number;
	_exit(REL_EXIT_BUG);
}

/* A stack that ran over can only be told of on another one. */
static void install_crash(void)
{
	static char stack[64 * 1024];
	static const int numbers[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
	stack_t other = {.ss_sp = stack, .ss_size = sizeof(stack)};
	struct sigaction action = {.sa_handler = on_crash,
				   .sa_flags = SA_ONSTACK | (int)SA_RESETHAND};

	sigemptyset(&action.sa_mask);
	if (sigaltstack(&other, NULL) != 0)
		action.sa_flags &= ~SA_ONSTACK;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaction(numbers[i], &action, NULL);
}
#endif

void rel_signals_install(struct rel_cancel *cancel)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = on_interrupt,
				   .sa_flags = (int)SA_RESETHAND};
	struct sigaction old;

	cancelled = cancel;
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (sigaction(numbers[i], NULL, &old) == 0 &&
		    old.sa_handler == SIG_IGN)
			continue;
		sigaction(numbers[i], &action, NULL);
	}
	action.sa_handler = SIG_IGN;
	action.sa_flags = 0;
	sigaction(SIGPIPE, &action, NULL);
	sigaction(SIGXFSZ, &action, NULL);
#ifndef __SANITIZE_ADDRESS__
	install_crash();
#endif
}
