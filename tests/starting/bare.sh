# bare.sh ROOT USER SOCKET ENTER COMMAND…: runs a command as USER of the machine below ROOT, with process numbers of its own.
# SOCKET: of the Docker engine, or empty. ENTER: `pivot`, or `chroot`, where the kernel then refuses user namespaces.
# Called by unshare with a mount namespace of its own: nothing is mounted outside it.
set -eu
root=$1 user=$2 socket=$3 enter=$4
shift 4
mount --make-rprivate /
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
if [ -n "$socket" ]; then
    touch "$root/run/docker.sock"
    mount --bind "$socket" "$root/run/docker.sock"
fi
cd "$root"
if [ "$enter" = pivot ]; then
    pivot_root . mnt
    umount -l /mnt
    cd "/home/$user"
    setpriv --reuid="$user" --regid="$user" --groups="$GROUPS_OF_USER" "$@" &
else
    chroot --userspec="$user" --groups="$GROUPS_OF_USER" "$root" "$@" &
fi
wait $!
