//! Serves the release app over loopback.
//!
//! `trunk serve` would watch the sources and add a reloading script to the page. This server sends the same files as a
//! static host, compressed in the same way, so that the page here is the page that readers see.

use std::path::Path;
use std::sync::Arc;

use tiny_http::Server;

use crate::site::Site;
use crate::{Failure, bundle};

/// Number of requests answered at the same time, because a page requests several files together.
const NUM_THREADS: usize = 4;

/// Builds, then serves `dist/` until the program ends.
///
/// # Errors
/// When the app cannot be built, or no port is free.
pub(crate) fn run(root: &Path, port: u16) -> Result<(), Failure> {
    bundle::run(root)?;
    let site = Arc::new(Site::new(root.join("dist")));
    // If the port is in use, the system chooses another one.
    let server = Server::http(("127.0.0.1", port))
        .or_else(|_taken| Server::http(("127.0.0.1", 0)))
        .map_err(|error| format!("no port to listen on: {error}"))?;
    let address = server.server_addr().to_ip().ok_or("the server has no address")?;
    println!("Askew is at http://{address}/  (Ctrl-C ends it)");
    let server = Arc::new(server);
    let mut threads: Vec<_> = (0..NUM_THREADS)
        .map(|_| {
            let (server, site) = (Arc::clone(&server), Arc::clone(&site));
            std::thread::spawn(move || site.answer_all(&server))
        })
        .collect();
    threads.push(std::thread::spawn(move || site.compress_all()));
    for thread in threads {
        if thread.join().is_err() {
            return Err("the server ended by a panic".into());
        }
    }
    Ok(())
}
