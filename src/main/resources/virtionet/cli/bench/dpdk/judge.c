/*
 * The device of `./virtionet bench`, and the judge of all contenders: a DPDK port (net_vhost, or net_af_packet for
 * the far end of a veth pair) that makes the frames, gets them back, checks and counts them. One core, busy polling.
 *
 * usage: judge EAL-OPTIONS, with one --vdev. Then on standard input, a line each:
 *   run MODE SIZE IN-FLIGHT RATE WARM-MS MEASURE-MS
 *     io: IN-FLIGHT frames go round, each comes back; with a RATE above 0 that many frames are sent a second instead.
 *     rx: the contender receives as many as it takes.  tx: the contender sends.
 *   quit, or the end of the input
 * It answers `begin` when the measurement begins, then perhaps `histogram NANOS:COUNT ...` of round trips, then
 *   result frames N nanos N lost N changed N foreign N cpu N
 * or `error WHAT`. nanos is the time measured, cpu how much of it this thread had a processor.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#define BURST 32
#define RING 256
#define MBUFS 8191
#define MAGIC 0x76697274696f6e65ULL
#define LOST_AFTER_MS 300
#define LINK_MS 10000
/* How long the first frame may take to pass, after the time to warm up. */
#define FIRST_MS 10000
#define STEP_MS 100
/* Round trips by their first 8 significant bits: an error of 0.4 %. */
#define FINE 7
#define SLOTS (64 << FINE)

struct frame {
  uint8_t destination[6], source[6], type[2];
  uint64_t magic, stamp;
} __attribute__((packed));

struct trial {
  char mode[8];
  unsigned size, in_flight, rate, warm_ms, measure_ms;
};

static const uint8_t head[14] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xb5};
static struct rte_mempool *pool;
static struct rte_mbuf *made[BURST];
static uint64_t slots[SLOTS];
static uint64_t hz, frames, lost, changed, foreign, cpu_begin, cpu_end, outstanding;

static void answer(const char *format, ...) {
  va_list values;
  va_start(values, format);
  vprintf(format, values);
  va_end(values);
  putchar('\n');
  fflush(stdout);
}

static uint64_t cpu_nanos(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static uint64_t nanos(uint64_t ticks) { return (uint64_t)((double)ticks * 1e9 / hz); }

static void record(uint64_t value) {
  unsigned shift = value >> (FINE + 1) ? 63 - FINE - __builtin_clzll(value) : 0;
  slots[(shift << FINE) + (value >> shift)]++;
}

/* The middle of what a slot stands for. */
static uint64_t slot_nanos(unsigned slot) {
  unsigned shift = slot >> (FINE + 1) ? (slot >> FINE) - 1 : 0;
  uint64_t low = ((uint64_t)slot - ((uint64_t)shift << FINE)) << shift;
  return low + ((1ULL << shift) >> 1);
}

static void print_histogram(void) {
  printf("histogram");
  for (unsigned i = 0; i < SLOTS; i++)
    if (slots[i])
      printf(" %lu:%lu", slot_nanos(i), slots[i]);
  putchar('\n');
}

static struct rte_mbuf *make(unsigned size) {
  struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pool);
  if (!mbuf)
    return NULL;
  struct frame *frame = (struct frame *)rte_pktmbuf_append(mbuf, size);
  memset(frame, 0x5a, size);
  memcpy(frame, head, sizeof head);
  frame->magic = MAGIC;
  return mbuf;
}

/* Whether it is one of ours; others, such as the kernel's own on a veth, are not counted. */
static int is_ours(struct rte_mbuf *mbuf, unsigned size) {
  struct frame *frame = rte_pktmbuf_mtod(mbuf, struct frame *);
  if (mbuf->data_len < sizeof *frame || memcmp(frame->type, head + 12, 2)) {
    foreign++;
    return 0;
  }
  if (frame->magic != MAGIC || mbuf->pkt_len != size || mbuf->nb_segs != 1) {
    changed++;
    return 0;
  }
  return 1;
}

static void free_all(struct rte_mbuf **mbufs, unsigned count) {
  for (unsigned i = 0; i < count; i++)
    rte_pktmbuf_free(mbufs[i]);
}

/* Sends until all are gone or the time is over; what is left then is dropped. */
static unsigned send_all(struct rte_mbuf **mbufs, unsigned count, uint64_t until) {
  unsigned sent = 0;
  while (sent < count) {
    sent += rte_eth_tx_burst(0, 0, mbufs + sent, count - sent);
    if (sent < count && rte_rdtsc() > until)
      break;
  }
  free_all(mbufs + sent, count - sent);
  return sent;
}

static void stamp(struct rte_mbuf *mbuf, uint64_t ticks) { rte_pktmbuf_mtod(mbuf, struct frame *)->stamp = ticks; }

static uint64_t trip(struct rte_mbuf *mbuf, uint64_t now) {
  return nanos(now - rte_pktmbuf_mtod(mbuf, struct frame *)->stamp);
}

/* The same frames go round. Those that do not come back for a while are lost, and others take their place. */
static void go_round(const struct trial *trial, uint64_t until, int measured) {
  struct rte_mbuf *mbufs[BURST];
  int single = trial->in_flight == 1;
  uint64_t now = rte_rdtsc(), heard = now, patience = hz / 1000 * LOST_AFTER_MS;
  do {
    if (now - heard > patience) {
      lost += outstanding;
      outstanding = 0;
      heard = now;
    }
    while (outstanding < trial->in_flight) {
      unsigned count = 0;
      while (count < BURST && outstanding + count < trial->in_flight && (mbufs[count] = make(trial->size)))
        stamp(mbufs[count++], rte_rdtsc());
      unsigned sent = count ? send_all(mbufs, count, until) : 0;
      outstanding += sent;
      if (sent < BURST)
        break;
    }
    unsigned got = rte_eth_rx_burst(0, 0, mbufs, BURST), kept = 0;
    now = rte_rdtsc();
    if (!got)
      continue;
    heard = now;
    for (unsigned i = 0; i < got; i++) {
      if (!is_ours(mbufs[i], trial->size)) {
        rte_pktmbuf_free(mbufs[i]);
        continue;
      }
      if (single) {
        if (measured)
          record(trip(mbufs[i], now));
        stamp(mbufs[i], rte_rdtsc());
      }
      mbufs[kept++] = mbufs[i];
    }
    frames += kept;
    /* More than were sent: a contender that sends frames twice, or late ones; not to be kept going. */
    unsigned surplus = outstanding < kept ? kept - outstanding : 0;
    if (surplus) {
      free_all(mbufs + kept - surplus, surplus);
      kept -= surplus;
    }
    outstanding -= kept - send_all(mbufs, kept, until);
  } while (now < until);
}

/* Each frame leaves when it is due, and its round trip counts from then, also when it had to wait for room. */
static void paced(const struct trial *trial, uint64_t until, int measured) {
  struct rte_mbuf *mbufs[BURST], *waiting[BURST];
  unsigned count = 0, first = 0;
  double interval = (double)hz / trial->rate;
  uint64_t start = rte_rdtsc(), now = start, number = 0;
  do {
    if (first == count) {
      first = count = 0;
      while (count < BURST && start + (uint64_t)(number * interval) <= now && (waiting[count] = make(trial->size)))
        stamp(waiting[count++], start + (uint64_t)(number++ * interval));
    }
    if (first < count) {
      unsigned sent = rte_eth_tx_burst(0, 0, waiting + first, count - first);
      first += sent;
      outstanding += sent;
    }
    unsigned got = rte_eth_rx_burst(0, 0, mbufs, BURST);
    now = rte_rdtsc();
    for (unsigned i = 0; i < got; i++) {
      if (is_ours(mbufs[i], trial->size)) {
        uint64_t sent_at = rte_pktmbuf_mtod(mbufs[i], struct frame *)->stamp;
        outstanding -= outstanding > 0;
        if (measured && sent_at >= start)
          record(trip(mbufs[i], now));
        frames += !measured || sent_at >= start;
      }
      rte_pktmbuf_free(mbufs[i]);
    }
  } while (now < until);
  free_all(waiting + first, count - first);
}

static void give(uint64_t until) {
  uint64_t now;
  do {
    for (unsigned i = 0; i < BURST; i++)
      rte_mbuf_refcnt_update(made[i], 1);
    unsigned sent = rte_eth_tx_burst(0, 0, made, BURST);
    for (unsigned i = sent; i < BURST; i++)
      rte_mbuf_refcnt_update(made[i], -1);
    frames += sent;
    now = rte_rdtsc();
  } while (now < until);
}

static void take(const struct trial *trial, uint64_t until) {
  struct rte_mbuf *mbufs[BURST];
  do {
    unsigned got = rte_eth_rx_burst(0, 0, mbufs, BURST);
    for (unsigned i = 0; i < got; i++) {
      if (mbufs[i]->pkt_len == trial->size)
        frames++;
      else
        foreign++;
    }
    free_all(mbufs, got);
  } while (rte_rdtsc() < until);
}

static void phase(const struct trial *trial, unsigned ms, int measured) {
  uint64_t until = rte_rdtsc() + hz / 1000 * ms;
  if (!strcmp(trial->mode, "rx"))
    give(until);
  else if (!strcmp(trial->mode, "tx"))
    take(trial, until);
  else if (trial->rate)
    paced(trial, until, measured);
  else
    go_round(trial, until, measured);
}

/* So that the next trial meets none of this one's frames, of those that are not lost. */
static void drain(void) {
  struct rte_mbuf *mbufs[BURST];
  uint64_t heard = rte_rdtsc(), patience = hz / 1000 * LOST_AFTER_MS, most = heard + 4 * patience;
  while (rte_rdtsc() - heard < (outstanding ? patience : hz / 100) && rte_rdtsc() < most) {
    unsigned got = rte_eth_rx_burst(0, 0, mbufs, BURST);
    if (got)
      heard = rte_rdtsc();
    for (unsigned i = 0; i < got; i++)
      outstanding -= outstanding > 0;
    free_all(mbufs, got);
  }
}

static int has_link(void) {
  struct rte_eth_link link;
  for (int i = 0; i < LINK_MS; i++) {
    if (rte_eth_link_get_nowait(0, &link) == 0 && link.link_status)
      return 1;
    rte_delay_us_sleep(1000);
  }
  return 0;
}

static void run(const struct trial *trial) {
  if (!has_link()) {
    answer("error no contender has connected");
    return;
  }
  for (unsigned i = 0; i < BURST; i++)
    made[i] = make(trial->size);
  outstanding = 0;
  frames = 0;
  phase(trial, trial->warm_ms, 0);
  for (unsigned i = 0; i < FIRST_MS / STEP_MS && !frames; i++)
    phase(trial, STEP_MS, 0);
  if (!frames) {
    free_all(made, BURST);
    answer("error no frame has passed in %u ms", trial->warm_ms + FIRST_MS);
    return;
  }
  memset(slots, 0, sizeof slots);
  frames = lost = changed = foreign = 0;
  answer("begin");
  cpu_begin = cpu_nanos();
  uint64_t begin = rte_rdtsc();
  phase(trial, trial->measure_ms, 1);
  uint64_t end = rte_rdtsc();
  cpu_end = cpu_nanos();
  if (strcmp(trial->mode, "tx"))
    drain();
  if (!strcmp(trial->mode, "io"))
    lost += outstanding;
  free_all(made, BURST);
  if (!strcmp(trial->mode, "io") && (trial->rate || trial->in_flight == 1))
    print_histogram();
  answer("result frames %lu nanos %lu lost %lu changed %lu foreign %lu cpu %lu", frames, nanos(end - begin), lost,
         changed, foreign, cpu_end - cpu_begin);
}

static void open_port(void) {
  struct rte_eth_conf conf;
  memset(&conf, 0, sizeof conf);
  pool = rte_pktmbuf_pool_create("frames", MBUFS, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
  if (!pool)
    rte_exit(1, "no memory for frames\n");
  if (rte_eth_dev_count_avail() != 1 || rte_eth_dev_configure(0, 1, 1, &conf) ||
      rte_eth_rx_queue_setup(0, 0, RING, SOCKET_ID_ANY, NULL, pool) ||
      rte_eth_tx_queue_setup(0, 0, RING, SOCKET_ID_ANY, NULL) || rte_eth_dev_start(0))
    rte_exit(1, "the port does not start\n");
  rte_eth_promiscuous_enable(0);
}

int main(int argc, char **argv) {
  char line[200];
  struct trial trial;
  if (rte_eal_init(argc, argv) < 0)
    return 1;
  hz = rte_get_tsc_hz();
  open_port();
  answer("ready");
  while (fgets(line, sizeof line, stdin) && strncmp(line, "quit", 4)) {
    if (sscanf(line, "run %7s %u %u %u %u %u", trial.mode, &trial.size, &trial.in_flight, &trial.rate, &trial.warm_ms,
               &trial.measure_ms) != 6 ||
        trial.size < sizeof(struct frame) || trial.size > 1514 || trial.in_flight > 1024)
      answer("error not understood: %s", line);
    else
      run(&trial);
  }
  rte_eth_dev_stop(0);
  rte_eth_dev_close(0);
  rte_eal_cleanup();
  return 0;
}
