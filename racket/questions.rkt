#lang racket/base
;; The command line of questions about architectures and spaces: lines in, lines out.
;;   racket questions.rkt COMMAND [OPTION VALUE …] [FILE]
;; Exit status: 0 done, or all yes; 1 some no, none found, or fewer than `sample -n` asked for; 2 a
;; mistake, said in one line on standard error.

(require racket/string "networks/space.rkt" "questions/check.rkt" "questions/lines.rkt"
         "questions/near.rkt" "questions/options.rkt" "questions/whole-space.rkt")

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
    (with-handlers ([exn:break:terminate? (λ (e) (exit 143))]
                    [exn:break? (λ (e) (exit 130))]
                    [exn:fail:filesystem:errno? cannot-write])
      (call-with-space (hash-ref options "--space" #f)
                       (λ () (run-command options others))
                       (λ (message) (mistake "~a" message)))
      (flush-output)))
  (exit (exit-status)))

;; Nothing is said where the reader of our output has gone (EPIPE).
(define (cannot-write e)
  (unless (eqv? 32 (car (exn:fail:filesystem:errno-errno e)))
    (eprintf "~a: ~a\n" (current-command) (car (string-split (exn-message e) "\n"))))
  (exit 1))

(module+ main (main (vector->list (current-command-line-arguments))))
