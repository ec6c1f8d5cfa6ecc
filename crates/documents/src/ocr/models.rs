//! The two networks: where text stands, and what it says.
//!
//! PP-OCRv6 small, by PaddleOCR (Apache-2.0), as ONNX files. `infra/models.sh` fetches and checks them. A third one that
//! tells upright lines from upside-down ones is not needed: the recogniser's own doubt tells that.

use std::sync::Arc;

use rten::{Model, ModelOptions, RunOptions, ThreadPool, op_registry};
use rten_tensor::Tensor;
use rten_tensor::prelude::*;

/// The detector's file.
pub const DETECTOR_FILE: &str = "PP-OCRv6_det_small.onnx";
/// The recogniser's file.
pub const RECOGNISER_FILE: &str = "PP-OCRv6_rec_small.onnx";

/// Where the recogniser's file has its characters: one a line, without the blank before and the space behind them.
const CHARACTERS_KEY: &str = "character";
/// One thread: what is paid for is processor time, and a function of less than 1,769 MB has no second core.
const THREADS: usize = 1;

/// Why there are no models.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The file is not what the library can load.
    #[error("the {which} cannot be loaded: {reason}")]
    Load {
        /// Which of the two.
        which: &'static str,
        /// The library's word.
        reason: String,
    },
    /// The recogniser does not say what its outputs mean.
    #[error("the recogniser has no list of characters")]
    Characters,
}

/// Why a network gave nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the network failed: {0}")]
pub struct RunError(String);

/// Both networks, loaded. Loading takes a tenth of a second: once a process is enough.
pub struct Models {
    detector: Model,
    recogniser: Model,
    /// What each output of the recogniser stands for; the first is the blank.
    characters: Vec<String>,
    threads: Arc<ThreadPool>,
}

impl std::fmt::Debug for Models {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Models")
            .field("characters", &self.characters.len())
            .finish_non_exhaustive()
    }
}

/// An array of numbers with the length of each of its dimensions.
#[derive(Clone, Debug)]
pub(super) struct Output {
    pub(super) shape: Vec<usize>,
    pub(super) values: Vec<f32>,
}

impl Models {
    /// Loads the networks from the contents of their files.
    ///
    /// # Errors
    /// [`ModelError`].
    pub fn load(detector: Vec<u8>, recogniser: Vec<u8>) -> Result<Self, ModelError> {
        let (detector, recogniser) = (load("detector", detector)?, load("recogniser", recogniser)?);
        let list = recogniser
            .metadata()
            .get(CHARACTERS_KEY)
            .ok_or(ModelError::Characters)?;
        let characters = characters(list);
        Ok(Self {
            detector,
            recogniser,
            characters,
            threads: Arc::new(ThreadPool::with_num_threads(THREADS)),
        })
    }

    /// What an output of the recogniser stands for; `None` for the blank.
    pub(super) fn character(&self, index: usize) -> Option<&str> {
        let character = self.characters.get(index.checked_sub(1)?);
        Some(character.map_or(" ", String::as_str))
    }

    pub(super) fn detect(&self, shape: [usize; 4], pixels: Vec<f32>) -> Result<Output, RunError> {
        self.run(&self.detector, shape, pixels)
    }

    pub(super) fn recognise(&self, shape: [usize; 4], pixels: Vec<f32>) -> Result<Output, RunError> {
        self.run(&self.recogniser, shape, pixels)
    }

    fn run(&self, model: &Model, shape: [usize; 4], pixels: Vec<f32>) -> Result<Output, RunError> {
        let failed = |reason: String| RunError(reason);
        let input = Tensor::<f32>::try_from_data(shape.as_slice(), pixels)
            .map_err(|error| failed(format!("{error:?}")))?;
        let options = RunOptions::default().with_thread_pool(Some(Arc::clone(&self.threads)));
        let output = model
            .run_one(input.into(), Some(options))
            .map_err(|error| failed(error.to_string()))?;
        let output: Tensor<f32> = output
            .try_into()
            .map_err(|_| failed("its output is of another type".to_owned()))?;
        Ok(Output {
            shape: output.shape().to_vec(),
            values: output.into_data(),
        })
    }
}

/// The characters of a list, one a line. The last line may lack its end.
fn characters(list: &str) -> Vec<String> {
    let list = list.strip_suffix('\n').unwrap_or(list);
    list.split('\n')
        .map(|character| narrow(character.trim_end_matches('\r')))
        .collect()
}

/// Full-width forms as the characters that they are: leader dots and stops are read as these now and then.
fn narrow(character: &str) -> String {
    let narrow = |c: char| match c {
        '\u{3000}' => ' ',
        '！'..='～' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        other => other,
    };
    character.chars().map(narrow).collect()
}

/// With the operators that the two networks have, and no others: the rest of the library stays out of the program.
fn load(which: &'static str, file: Vec<u8>) -> Result<Model, ModelError> {
    let operators = op_registry!(
        Add,
        AveragePool,
        BatchNormalization,
        Concat,
        Conv,
        ConvTranspose,
        Div,
        Erf,
        GlobalAveragePool,
        HardSigmoid,
        Identity,
        MatMul,
        MaxPool,
        Mul,
        Pow,
        ReduceMean,
        Relu,
        Reshape,
        Resize,
        Shape,
        Sigmoid,
        Slice,
        Softmax,
        Sqrt,
        Squeeze,
        Sub,
        Transpose,
        Unsqueeze
    );
    let loaded = ModelOptions::with_ops(operators).load(file);
    loaded.map_err(|error| ModelError::Load {
        which,
        reason: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_model_is_refused() {
        for bytes in [&b""[..], b"\x08\x07", &[0xff; 64]] {
            let error = Models::load(bytes.to_vec(), bytes.to_vec()).unwrap_err();
            assert!(
                matches!(
                    error,
                    ModelError::Load {
                        which: "detector",
                        ..
                    }
                ),
                "{error}"
            );
        }
    }

    #[test]
    fn characters_are_one_a_line() {
        assert_eq!(characters("a\nb\r\n\u{3000}\n"), ["a", "b", " "]);
        assert_eq!(characters("．\nｚ\né\n中"), [".", "z", "é", "中"]);
        assert_eq!(characters("a\n\nb"), ["a", "", "b"]);
    }
}
