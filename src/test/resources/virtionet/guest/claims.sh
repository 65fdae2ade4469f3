# Runs in the guest, at the head of each script: how it claims things. What fails shows all that was said about it.
log=/tmp/log

# For slow machines: the whole guest is emulated, and others may be at work beside it.
export VIRTIONET_JAVA_OPTIONS='-Dvirtionet.connect-timeout=5m'

# What was said in the claim, and by the JVM in the background; a JVM's report of its own crash is longer than this.
show_all() {
  head -n 400 $log | sed 's/^/  /'
  [ ! -s /tmp/reflect ] || head -n 400 /tmp/reflect | sed 's/^/  reflect: /'
}

# claim NAME COMMAND...: whether it succeeds.
claim() {
  name=$1
  shift
  "$@" >$log 2>&1
  code=$?
  if [ $code -eq 0 ]; then
    echo "ok $name"
  else
    echo "not ok $name: code $code"
    show_all
  fi
}

# says WORDS COMMAND...: succeeds, and says these words. A pipe into grep would keep the rest from a claim that fails.
says() {
  words=$1
  shift
  "$@" >/tmp/said 2>&1
  code=$?
  cat /tmp/said
  [ $code -eq 0 ] || return $code
  grep -q -- "$words" /tmp/said
}

# refused NAME CODE WORDS COMMAND...: whether it ends with this code and says these words.
refused() {
  name=$1 code=$2 words=$3
  shift 3
  "$@" >$log 2>&1
  got=$?
  if [ $got -eq "$code" ] && grep -q -- "$words" $log; then
    echo "ok $name"
  else
    echo "not ok $name: code $got, wanted $code and '$words'"
    show_all
  fi
}

# await COMMAND...: until it succeeds, some minutes at the most.
await() {
  tries=0
  until "$@" >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ $tries -lt 1800 ] || return 1
    usleep 100000
  done
}

# Nothing is taken: neither memory nor a note of it.
clean() {
  [ -z "$(ls /dev/hugepages)" ] && ! ls /run/virtionet | grep -v '^lock$'
}
