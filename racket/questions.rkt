#lang racket/base
;; The command line of questions about architectures and spaces: lines in, lines out.
;;   racket questions.rkt COMMAND [OPTION VALUE …] [FILE]
;; Exit status: 0 done, or all yes; 1 some no; 2 a mistake, said in one line on standard error.

(require racket/string "questions/check.rkt" "questions/lines.rkt" "questions/near.rkt"
         "questions/options.rkt" "questions/whole-space.rkt")

(define commands
  (hash "sample" sample "check" check "complete" complete "repair" repair "neighbours" neighbours
        "count" count-all "describe" describe "smallest" (extreme 'smallest)
        "largest" (extreme 'largest)))

(define (main arguments)
  (define run-command (and (pair? arguments) (hash-ref commands (car arguments) #f)))
  (unless run-command
    (mistake "expected one of ~a" (string-join (sort (hash-keys commands) string<?) ", ")))
  (parameterize ([current-command (car arguments)])
    (define-values (options others) (parse (cdr arguments)))
    (with-handlers ([exn:fail:filesystem:errno? (λ (e) (exit 1))])   ; the reader has gone
      (run-command options others)
      (flush-output)))
  (exit (exit-status)))

(module+ main (main (vector->list (current-command-line-arguments))))
