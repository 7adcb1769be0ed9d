//! Chooses at run time which instruction set a formula runs on.
//!
//! Each variant is the same source compiled again. IEEE arithmetic is not reordered and not fused,
//! so that every variant gives the same bits; the tests compare them.

use super::stream::{Formula, feed_all};

/// An instruction set that formulas are compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Isa {
    /// What every machine of the target has.
    Scalar,
    /// Four values an instruction (`x86_64`).
    Avx2,
    /// AVX-512 with its 256-bit forms (`x86_64`).
    Avx512,
}

impl Isa {
    /// Returns the best that this machine has.
    #[must_use]
    pub fn best() -> Self {
        Self::all().last().copied().unwrap_or(Self::Scalar)
    }

    /// Returns the fastest for an indicator: EMA, MACD and RSI wait for the value before, and wider
    /// instructions only add to that.
    #[must_use]
    pub fn best_for(name: &str) -> Self {
        match name {
            "ema" | "macd" | "rsi" => Self::Scalar,
            _ => Self::best(),
        }
    }

    /// Returns all that this machine has, the best last.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let mut found = vec![Self::Scalar];
        #[cfg(target_arch = "x86_64")]
        {
            if std::arch::is_x86_feature_detected!("avx2") {
                found.push(Self::Avx2);
            }
            if std::arch::is_x86_feature_detected!("avx512f")
                && std::arch::is_x86_feature_detected!("avx512vl")
                && std::arch::is_x86_feature_detected!("avx512dq")
            {
                found.push(Self::Avx512);
            }
        }
        found
    }

    /// Returns its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        }
    }
}

/// Feeds everything to a formula, on an instruction set that [`Isa::all`] returned.
pub(super) fn run<F: Formula<I, O>, const I: usize, const O: usize>(
    isa: Isa,
    formula: &mut F,
    inputs: [&[f64]; I],
    outputs: [&mut [f64]; O],
) {
    match isa {
        #[cfg(target_arch = "x86_64")]
        #[expect(unsafe_code, reason = "only the caller can know what the machine has")]
        // SAFETY: `Isa::all` returns these only where the features were detected, and
        // `indicators::make` takes no other.
        Isa::Avx2 => unsafe { x86::avx2(formula, inputs, outputs) },
        #[cfg(target_arch = "x86_64")]
        #[expect(unsafe_code, reason = "only the caller can know what the machine has")]
        // SAFETY: as above.
        Isa::Avx512 => unsafe { x86::avx512(formula, inputs, outputs) },
        _ => feed_all(formula, inputs, outputs),
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{Formula, feed_all};

    #[target_feature(enable = "avx2")]
    pub(super) fn avx2<F: Formula<I, O>, const I: usize, const O: usize>(
        formula: &mut F,
        inputs: [&[f64]; I],
        outputs: [&mut [f64]; O],
    ) {
        feed_all(formula, inputs, outputs);
    }

    #[target_feature(enable = "avx512f,avx512vl,avx512dq")]
    pub(super) fn avx512<F: Formula<I, O>, const I: usize, const O: usize>(
        formula: &mut F,
        inputs: [&[f64]; I],
        outputs: [&mut [f64]; O],
    ) {
        feed_all(formula, inputs, outputs);
    }
}
