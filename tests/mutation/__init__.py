"""`make mutate`: trees and the compiler broken on purpose; the proof must notice, or a judge that is not the prover finds no change."""
