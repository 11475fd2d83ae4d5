/* A stick that does what bad sticks do: put before the program's calls to write, read and open with LD_PRELOAD.
 *
 *   STICK        the directory that counts as the stick
 *   STICK_DOES   flip    one bit of what is written comes out wrong, once STICK_AFTER bytes were written
 *                lie     what is written after STICK_AFTER bytes is taken with thanks and lost
 *                wrap    what is written after STICK_AFTER bytes lies where the first bytes lay: those are lost
 *                pull    everything fails once STICK_AFTER bytes were written
 *                full    writing fails for want of room once STICK_AFTER bytes were written
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static long long written;
static char first[PATH_MAX];

static int does(const char *what) {
  const char *set = getenv("STICK_DOES");
  return set && strcmp(set, what) == 0;
}
static long long after(void) {
  const char *set = getenv("STICK_AFTER");
  return set ? atoll(set) : 0;
}
static int inside(const char *path) {
  const char *stick = getenv("STICK");
  return stick && strncmp(path, stick, strlen(stick)) == 0 && path[strlen(stick)] == '/';
}
static int on_stick(int fd, char *path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return inside(path);
}
static int pulled(void) { return does("pull") && written >= after(); }

ssize_t write(int fd, const void *bytes, size_t count) {
  static ssize_t (*real)(int, const void *, size_t);
  if (!real) real = dlsym(RTLD_NEXT, "write");
  char path[PATH_MAX];
  if (fd < 3 || !on_stick(fd, path)) return real(fd, bytes, count);
  int turned = written < after() && written + (long long)count >= after();
  written += count;
  if (written >= after()) {
    if (does("pull")) { errno = EIO; return -1; }
    if (does("full")) { errno = ENOSPC; return -1; }
    if (does("lie")) { /* zeros, of the right length */
      off_t at = lseek(fd, 0, SEEK_CUR);
      if (ftruncate(fd, at + count)) return -1;
      lseek(fd, at + count, SEEK_SET);
      return count;
    }
    if (does("wrap") && first[0]) {
      int over = open(first, O_WRONLY);
      if (over >= 0) { if (real(over, "\xff\xff\xff\xff", 4) != 4) return -1; close(over); }
      first[0] = 0;
    }
    if (does("flip") && turned && count) {
      char *copy = malloc(count);
      memcpy(copy, bytes, count);
      copy[count / 2] ^= 1;
      ssize_t done = real(fd, copy, count);
      free(copy);
      return done;
    }
  } else if (!first[0]) strcpy(first, path);
  return real(fd, bytes, count);
}

ssize_t read(int fd, void *bytes, size_t count) {
  static ssize_t (*real)(int, void *, size_t);
  if (!real) real = dlsym(RTLD_NEXT, "read");
  char path[PATH_MAX];
  if (fd > 2 && pulled() && on_stick(fd, path)) { errno = EIO; return -1; }
  return real(fd, bytes, count);
}

static int opens(const char *name, const char *path, int flags, va_list more) {
  int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, name);
  if (inside(path) && pulled()) { errno = EIO; return -1; }
  return real(path, flags, flags & (O_CREAT | O_TMPFILE) ? va_arg(more, int) : 0);
}
int open(const char *path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  int fd = opens("open", path, flags, more);
  va_end(more);
  return fd;
}
int open64(const char *path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  int fd = opens("open64", path, flags, more);
  va_end(more);
  return fd;
}
