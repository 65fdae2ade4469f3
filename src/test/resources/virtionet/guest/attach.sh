# Runs in the guest: the device between the kernel's driver and ours, and every refusal.
. ./claims.sh

kernel_pings() {
  ip addr add 10.0.2.15/24 dev eth0 && ip link set eth0 up && ping -c 3 -w 20 10.0.2.2
}

has_eth0() {
  ip link show eth0
}

claim 'the kernel drives the device' kernel_pings
claim 'attach lists it with its interface' says 'a003e00.virtio_mmio *eth0 *virtio-mmio' virtionet attach

ip route add default via 10.0.2.2 dev eth0
refused 'the interface with the default route is not taken' 1 'default route' virtionet attach eth0 ping 10.0.2.2 --count 1
claim 'and is still there' has_eth0
claim 'with --force it is taken' virtionet attach --force eth0 ping 10.0.2.2 --count 2
claim 'and given back' has_eth0
claim 'no memory and no note are left' clean
claim 'the kernel drives the device again' kernel_pings
claim 'by the name of its slot it is taken too' virtionet attach a003e00.virtio_mmio ping 10.0.2.2 --count 2
claim 'and the kernel drives it a third time' kernel_pings

refused 'an unknown device is refused' 1 'no device eth7' virtionet attach eth7 probe
refused 'a device of another type is refused' 1 'no network card' virtionet attach a003c00.virtio_mmio probe
refused 'an unattached device is said to be the kernel'"'"'s' 1 'virtio-mmio has it (eth0)' virtionet ping --machine linux 10.0.2.2
claim 'after each refusal the interface is there' has_eth0

# Nothing comes to it, and another JVM has to start meanwhile.
virtionet attach eth0 reflect --idle 900 >/tmp/reflect 2>&1 &
await grep -q 'reflecting on' /tmp/reflect
refused 'a busy device is refused with its process' 1 'is busy: process' virtionet attach a003e00.virtio_mmio probe
# Not INT: a shell without job control has those that it starts in the background ignore it.
kill -TERM "$(pidof java)"
wait
claim 'an interrupted run gives the interface back' has_eth0
claim 'and leaves nothing' clean

echo 'user:x:1000:1000::/tmp:/bin/sh' >/etc/passwd
refused 'without root the remedy is named' 3 'root' su user -c "PATH=$PATH virtionet attach eth0 probe"
claim 'and the interface is there' has_eth0
echo 1 >/proc/sys/vm/nr_hugepages
refused 'with too few huge pages the remedy is named' 3 'nr_hugepages' virtionet attach eth0 probe
echo 24 >/proc/sys/vm/nr_hugepages
umount /dev/hugepages
refused 'without a mount of huge pages the remedy is named' 3 'mount -t hugetlbfs' virtionet attach eth0 probe
mount -t hugetlbfs huge /dev/hugepages
rmmod uio_pdrv_genirq
refused 'without the module the remedy is named' 3 'modprobe uio_pdrv_genirq' virtionet attach eth0 probe
claim 'the kernel drives the device at last' kernel_pings
claim 'nothing is left' clean
