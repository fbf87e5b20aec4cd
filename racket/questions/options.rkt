#lang racket/base
;; Options of a question, and the space with its input, classes and budgets that they stand for.

(require racket/list racket/string "../networks/budget.rkt" "../networks/search.rkt"
         "../networks/shape-kinds.rkt" "../networks/space.rkt" "../networks/text.rkt"
         "../networks/training.rkt" "../networks/validity.rkt")
(provide current-command mistake parse need-none (struct-out scope) scope-of with-recipe-of
         frontier-of template-frontier need-batch)

(define current-command (make-parameter "questions"))

;; Ends with one line on standard error and status 2.
(define (mistake message . arguments)
  (eprintf "~a: ~a\n" (current-command) (apply format message arguments))
  (exit 2))

(define numbers
  (append '("--classes" "-n" "--seed" "--timeout" "--max-memory" "--batch-size")
          (for*/list ([q (in-list quantities)] [bound (in-list '("--max-~a" "--min-~a"))])
            (format bound q))))
(define texts '("--space" "--input" "--by" "--training"))

;; arguments -> hash of option -> value, and the list of the others
(define (parse arguments)
  (let loop ([arguments arguments] [options (hash)] [others '()])
    (cond
      [(null? arguments) (values options (reverse others))]
      [(equal? (car arguments) "--canonical")
       (loop (cdr arguments) (hash-set options "--canonical" #t) others)]
      [(member (car arguments) (append numbers texts))
       (define option (car arguments))
       (when (null? (cdr arguments)) (mistake "~a: expected a value behind it" option))
       (define text (cadr arguments))
       (define value (if (member option numbers) (natural option text) text))
       (loop (cddr arguments) (hash-set options option value) others)]
      [(and (string-prefix? (car arguments) "-") (not (equal? (car arguments) "-")))
       (mistake "unknown option ~a" (car arguments))]
      [else (loop (cdr arguments) options (cons (car arguments) others))])))

(define (natural option text)
  (define least (if (member option '("-n" "--classes" "--batch-size")) 1 0))
  (define n (and (regexp-match? #px"^[0-9]{1,15}$" text) (string->number text)))
  (unless (and n (>= n least))
    (mistake "~a: expected a whole number from ~a to 999999999999999, got '~a'" option least text))
  n)

(define (shape-of text)
  (or (read-input text)
      (mistake "--input: expected ~a, sizes of at least 1, got '~a'" input-forms text)))

;; A Scope is what the options say: the space or #f, input and classes or #f, budgets (search.rkt),
;; the space's own among them; the template of trainings, bytes of memory, and the batch for them
;; where no training says it, or #f.
(struct scope (space input classes budgets training memory batch))

(define (scope-of options default)
  (define name (hash-ref options "--space" default))
  (define space
    (and name (load-space name)))
  (define budgets
    (for*/list ([q (in-list quantities)]
                [least (in-value (hash-ref options (format "--min-~a" q) #f))]
                [most (in-value (hash-ref options (format "--max-~a" q) #f))]
                [own (in-value (and space (assq q (space-budgets space))))]
                #:when (or least most own))
      (list q (or least 0) (or most (if own (third own) endless)))))
  (define input (and (hash-ref options "--input" #f) (shape-of (hash-ref options "--input"))))
  (when (and space input) (check-fits space input #f))
  (define training (training-of options space))
  (define unfitting
    (and space (unfit training (shape-kind (or input (space-input space))))))
  (when unfitting (mistake "--training: ~a" unfitting))
  (scope space
         (or input (and space (space-input space)))
         (or (hash-ref options "--classes" #f) (and space (space-classes space)))
         budgets
         training
         (memory-of-options options space)
         (hash-ref options "--batch-size" #f)))

(define (training-of options space)
  (define given (hash-ref options "--training" #f))
  (cond [(not given) (and space (space-training space))]
        [(not space) (mistake "--training: expected --space beside it")]
        [else (with-handlers ([exn:fail:text? (λ (e) (mistake "--training: ~a" (exn-message e)))])
                (read-template given))]))

(define (memory-of-options options space)
  (define given (hash-ref options "--max-memory" #f))
  (when (and given (not space)) (mistake "--max-memory: expected --space beside it"))
  (or given (and space (space-memory space))))

;; The scope in which only a recipe is left, where that says it (#f: it says nothing).
(define (with-recipe-of s recipe)
  (when (and recipe (not (scope-training s)) (holes-in? recipe))
    (mistake "a hole '_' in a training: expected --space with a training beside it"))
  (if recipe (struct-copy scope s [training (narrowed (scope-training s) recipe)]) s))

;; A bound of memory needs a batch.
(define (need-batch s)
  (when (and (scope-memory s) (not (scope-batch s)) (null? (template-batches (scope-training s))))
    (mistake "--max-memory: expected --batch-size beside it, or a training with (batch N)")))

(define (frontier-of s [template #f] #:measured [measured #f])
  (need-batch s)
  (space-frontier (scope-space s) #:input (scope-input s) #:classes (scope-classes s)
                  #:budgets (scope-budgets s) #:like (and template (like-template template))
                  #:measured measured #:training (scope-training s) #:memory (scope-memory s)
                  #:batch (scope-batch s)))

;; A template's architectures, in the space; or at all, with `more` layers for an unknown rest.
(define (template-frontier s template [more 1])
  (if (scope-space s)
      (frontier-of s template)
      (valid-frontier template (scope-classes s) more #:budgets (scope-budgets s))))

(define (need-none others)
  (unless (null? others) (mistake "expected no file, got ~a" (string-join others " "))))
