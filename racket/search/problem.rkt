#lang racket/base
;; A problem: what is searched, and how its answers are written. The engine's command line, the REPL
;; and the bridge know this and nothing more particular.

(require (for-syntax racket/base "../kanren/core/identifiers.rkt")
         "../kanren/main.rkt" (only-in "../kanren/core/stream.rkt" [pause? query?])
         (except-in "frontier.rkt" choices answers) "user-file.rkt")
(provide (struct-out problem) define-problem make-problem query? query->problem load-problem
         problem-form problem-frontier problem-hello with-task)

;; A Problem is
;;   name            string
;;   task            a sentence, in one line, that the scorer reads before each choice
;;   facts           hasheq of what else is known, from symbols to JSON values (protocol/README.md)
;;   make-query      -> query
;;   answer->text    answer -> bytes: one line, one s-expression
;;   answer-facts    answer -> hasheq, as `facts`
;;   choice-summary  a choice's term as text, bytes -> a string for a person
;;   no-answer       what to say where it has no answer
;;   where           what to call it where its relation raises, "the problem file x.rkt", or #f where
;;                   that is no mistake of a user's
(struct problem (name task facts make-query answer->text answer-facts choice-summary no-answer where))

;; The problem of a query: an answer is the value of its variable, or the list of the values of
;; several.
(define (make-problem name task make-query)
  (problem name task #hasheq() make-query term->text (λ (answer) #hasheq()) bytes->string/utf-8
           (format "the problem ~a has no answer" name) (format "the problem ~a" name)))

(define (query->problem query) (make-problem "query" "answers of a query" (λ () query)))

;; The same problem with a task of one's own. Raises exn:fail:mistake.
(define (with-task p task)
  (unless (and (string? task) (regexp-match? #px"^[^\n]{1,1000}$" task))
    (mistake "the task: expected a sentence of 1 to 1000 characters in one line, got ~.s" task))
  (struct-copy problem p [task task]))

;; What an agent is told of a problem when it is greeted.
(define (problem-hello p)
  (hasheq 'problem (problem-name p) 'task (problem-task p) 'facts (problem-facts p)))

;; The tree of choices of a problem, at its root.
(define (problem-frontier p) (make-frontier ((problem-make-query p))))

(define problem-form "(define-problem (NAME VARIABLE …) \"TASK\" GOAL GOAL …)")

;; (define-problem (NAME VARIABLE …) TASK GOAL GOAL …)
;; defines the problem and provides it from the file, under its name and as `the-problem`, so that it
;; can be searched by the file's path.
(define-syntax (define-problem stx)
  (define form "(define-problem (NAME VARIABLE …) \"TASK\" GOAL GOAL …)")
  (define (bad why [what stx])
    (raise-syntax-error 'define-problem (string-append why "expected " form) stx what))
  (syntax-case stx ()
    [(_ (name variable ...) task g0 g ...)
     (let ([identifiers (syntax->list #'(name variable ...))]
           [sentence (syntax-e #'task)])
       (for ([i (in-list identifiers)] #:unless (identifier? i)) (bad "not a name; " i))
       (when (null? (cdr identifiers)) (bad "no variable to ask for; "))
       (unless (and (string? sentence) (regexp-match? #px"^[^\n]{1,1000}$" sentence))
         (bad "not a sentence of 1 to 1000 characters in one line; " #'task))
       (distinct-identifiers? 'define-problem #'(name variable ...) stx)
       #`(begin
           #,@(if (eq? (syntax-local-context) 'top-level)
                  '()                   ; the REPL provides nothing
                  #'((provide name (rename-out [name the-problem]))))
           (define name
             (make-problem (symbol->string 'name) task
                           (lambda () (query (variable ...) g0 g ...))))))]
    [(_ (name variable ...) task) (bad "no goal; ")]
    [_ (bad "")]))

;; The problem that a file defines, or what (otherwise) gives. Raises exn:fail:mistake.
(define (load-problem path #:otherwise [otherwise #f])
  (define loaded
    (load-provided path 'the-problem problem? #:kind "problem"
                   #:form problem-form
                   #:otherwise otherwise))
  (if (problem? loaded)
      (struct-copy problem loaded [where (format "the problem file ~a" (path->complete-path path))])
      loaded))
