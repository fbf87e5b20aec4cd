#lang racket/base
;; Search strategies: which open choices are the candidates of a step. One file a strategy, in
;; strategies/ or anywhere else.

(require (for-syntax racket/base) racket/path racket/runtime-path racket/string
         "frontier.rkt" "user-file.rkt")
(provide (struct-out strategy) define-strategy load-strategy strategy-names
         ;; what a strategy may ask of a frontier
         choice-status choice-parent open-children oldest-choice nearest-open)

;; A Strategy is
;;   name         symbol
;;   description  a sentence
;;   memory       what it knows before the first step: any value
;;   candidates   frontier memory -> the choices to pick from, a list of indices or 'all for every
;;                unexpanded one; an empty list says that nothing is left to be found
;;   picked       frontier memory index outcome -> the memory after a choice was expanded; the outcome
;;                is what `expand` said of it
;;   guided?      is an agent asked where there are several candidates? Else the first one is expanded
(struct strategy (name description memory candidates picked guided?))

;; (define-strategy NAME "DESCRIPTION" #:candidates PROCEDURE
;;   [#:memory VALUE #:picked PROCEDURE] [#:guided? BOOLEAN])
;; defines the strategy and provides it from the file, so that it can be used by the file's path.
(define-syntax (define-strategy stx)
  (define (bad [what stx])
    (raise-syntax-error
     'define-strategy
     (string-append "expected (define-strategy NAME \"DESCRIPTION\" #:candidates PROCEDURE "
                    "[#:memory VALUE #:picked PROCEDURE] [#:guided? BOOLEAN])")
     stx what))
  (define (options items)               ; -> hash of keyword -> syntax
    (let loop ([items items] [found (hasheq)])
      (cond [(null? items) found]
            [(and (memq (syntax-e (car items)) '(#:candidates #:memory #:picked #:guided?))
                  (pair? (cdr items))
                  (not (hash-has-key? found (syntax-e (car items)))))
             (loop (cddr items) (hash-set found (syntax-e (car items)) (cadr items)))]
            [else (bad (car items))])))
  (syntax-case stx ()
    [(_ name description . rest)
     (and (identifier? #'name) (string? (syntax-e #'description)) (syntax->list #'rest))
     (let ([found (options (syntax->list #'rest))])
       (unless (and (hash-has-key? found '#:candidates)
                    (eq? (hash-has-key? found '#:memory) (hash-has-key? found '#:picked)))
         (bad))
       #`(begin
           (provide (rename-out [name the-strategy]))
           (define name
             (strategy 'name description
                       #,(hash-ref found '#:memory #'#f)
                       #,(hash-ref found '#:candidates)
                       #,(hash-ref found '#:picked #'(lambda (f memory index outcome) memory))
                       #,(hash-ref found '#:guided? #'#t)))))]
    [_ (bad)]))

(define-runtime-path strategies-folder "strategies")

;; The names of the strategies that come with Architecto.
(define (strategy-names)
  (sort (for/list ([file (in-list (directory-list strategies-folder))]
                   #:when (path-has-extension? file #".rkt"))
          (path->string (path-replace-extension file #"")))
        string<?))

;; The strategy of a name, or of a path to a file with a define-strategy in it. What a user's own file
;; raises, or says that are no candidates, is a mistake of theirs. Raises exn:fail:mistake.
(define (load-strategy name)
  (define own? (path-has-extension? name #".rkt"))
  (unless (or own? (member name (strategy-names)))
    (mistake "unknown strategy '~a': expected one of ~a, or a path to a .rkt file" name
             (string-join (strategy-names) ", ")))
  (define loaded
    (load-provided (if own? name (build-path strategies-folder (string-append name ".rkt")))
                   'the-strategy strategy? #:kind "strategy"
                   #:form "(define-strategy NAME \"DESCRIPTION\" #:candidates PROCEDURE)"))
  (if own? (watched loaded (format "the strategy file ~a" name)) loaded))

(define (watched s where)
  (struct-copy
   strategy s
   [candidates
    (λ (f memory)
      (define found (call-with-user-code where (λ () ((strategy-candidates s) f memory))))
      (unless (or (eq? found 'all)
                  (and (list? found)
                       (for/and ([i (in-list found)])
                         (and (exact-nonnegative-integer? i) (choice-open? f i)
                              (eq? 'unexpanded (choice-status f i))))))
        (mistake "~a: expected 'all or a list of unexpanded choices as candidates, got ~.s" where
                 found))
      found)]
   [picked
    (λ (f memory index outcome)
      (call-with-user-code where (λ () ((strategy-picked s) f memory index outcome))))]))
