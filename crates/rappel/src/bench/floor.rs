//! The floor: what the same packets cost a program that does nothing with them.
//!
//! It runs in a process of its own (`rappel bench floor --callers N`), with a socket for each
//! caller. A packet that comes says where the caller is; every 20 ms one packet of the same size
//! goes there.

use std::io::{BufRead, BufReader, Write};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::pace::{Beating, PACKET_BYTES, PHASES, Pace};

const HERE: &str = "127.9.0.3";
/// It ends by itself, even when nobody ends it.
const LIFE_MAX: Duration = Duration::from_secs(1_800);

/// A running floor, ended when it is dropped.
pub struct Floor {
    child: Child,
    /// Where each caller sends.
    pub ports: Vec<SocketAddr>,
}

impl Floor {
    /// Starts it for so many callers.
    pub fn start(callers: usize) -> Result<Floor> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["bench", "floor", "--callers", &callers.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("starting the floor")?;
        let output = child.stdout.take().expect("piped");
        let mut floor = Floor { child, ports: Vec::new() };
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let here: IpAddr = HERE.parse()?;
        for port in line.split_whitespace() {
            floor.ports.push(SocketAddr::new(here, port.parse()?));
        }
        ensure!(floor.ports.len() == callers, "the floor did not start");
        Ok(floor)
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The process itself.
pub fn serve(callers: usize) -> Result<()> {
    super::account::raise_open_files();
    let mut bare = Bare { streams: Vec::new(), packet: [0; PACKET_BYTES], sequence: 0 };
    bare.packet[..2].copy_from_slice(&[0x80, 8]);
    let mut ports = String::new();
    for _ in 0..callers {
        let socket = UdpSocket::bind((HERE, 0))?;
        socket.set_nonblocking(true)?;
        ports.push_str(&format!("{} ", socket.local_addr()?.port()));
        bare.streams.push((socket, None));
    }
    let pace = Pace::new(bare.streams.iter().map(|(socket, _)| socket))?;
    writeln!(std::io::stdout(), "{ports}")?;
    pace.run(&mut bare, Instant::now() + LIFE_MAX)
}

/// One packet for all streams: their numbers run together.
struct Bare {
    streams: Vec<(UdpSocket, Option<SocketAddr>)>,
    packet: [u8; PACKET_BYTES],
    sequence: u16,
}

impl Beating for Bare {
    fn beat(&mut self, phase: usize, _late: Duration) {
        if phase == 0 {
            self.sequence = self.sequence.wrapping_add(1);
            self.packet[2..4].copy_from_slice(&self.sequence.to_be_bytes());
            let stamp = u32::from(self.sequence).wrapping_mul(160);
            self.packet[4..8].copy_from_slice(&stamp.to_be_bytes());
        }
        for (socket, to) in self.streams.iter().skip(phase).step_by(PHASES) {
            if let Some(to) = to {
                // What the kernel does not take, the far end counts as lost.
                let _ = socket.send_to(&self.packet, to);
            }
        }
    }

    fn readable(&mut self, index: usize) {
        let (socket, to) = &mut self.streams[index];
        let mut packet = [0; 2_048];
        if let Ok((_, source)) = socket.recv_from(&mut packet) {
            *to = Some(source);
        }
    }
}
