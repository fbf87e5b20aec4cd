#lang racket/base
;; The choice text: one canonical line for a partial solution and the goals that it still has.

(require "../kanren/integers/arithmetic.rkt" "../kanren/disequality.rkt"
         "../kanren/integers/domain.rkt" "../kanren/goal.rkt" "../kanren/label.rkt"
         "../kanren/reify.rkt" "../kanren/state.rkt" "../kanren/term.rkt" "naming.rkt"
         "shared-text.rkt" "writer.rkt")
(provide print-choice print-term query-term)

;; The query's term in a state: the value of a query with one variable, else the list of its values.
(define (query-term st)
  (define t (walk/store initial-var (state-store st)))
  (if (and (pair? t) (null? (cdr t))) (car t) t))

;; -> bytes: (bind (state TERM DISEQUALITIES TYPES ABSENTOS DOMAINS ARITHMETIC) (conj GOAL …))
;; Variables are renumbered _.0 _.1 … in order of appearance in this text, and constraints stand in
;; the order in which they were posted, so choices that differ in variable names alone print alike.
;; Types and domains are printed for the variables of the term and the goals; those of a variable that
;; only other constraints speak of follow from these. A text of very many parts is written with the
;; labels of Racket's reader, #0= and #0#, for parts that are the same (shared-text.rkt).
(define (print-choice st goals)
  (define out (make-writer (state-store st)))
  (define term (query-term st))
  (define end
    (if (eqv? (state-serial st) 0)     ; nothing is known of any variable
        (write-plain-choice! out term goals st)
        (write-text! out 0 (choice->datum st term goals (writer-naming out)))))
  (if (too-large? out)
      (print-shared (choice->datum st term goals (make-naming (state-store st))) (state-store st))
      (writer-result out end)))

(define (write-plain-choice! out term goals st)
  (let* ([at (put! out 0 #"(bind (state ")]
         [at (write-known! out at term)]
         [at (put! out at #" () () () () ()) (conj")])
    (let loop ([at at] [goals goals])
      (cond
        [(null? goals) (put! out at #"))")]
        [(relate? (car goals))
         (let* ([g (car goals)]
                [at (put! out at #" (relate ")]
                [at (write-call! out at (relate-name g) (relate-args g))])
           (loop (put! out at #")") (cdr goals)))]
        [else
         (loop (write-text! out (put! out at #" ") (goal->text st (car goals))) (cdr goals))]))))

;; The text as a datum with variables in it.
(define (choice->datum st term goals naming)
  (define goal-texts (for/list ([g (in-list goals)]) (goal->text st g)))
  (define shown (unnamed-variables naming (cons term goal-texts)))
  (define constraints (reached-constraints st shown))
  (define known
    (for*/list ([v (in-list shown)]
                [a (in-value (variable-attribute st v))]
                #:unless (eq? a no-attribute))
      (cons v a)))
  (define (attributes select)
    (for*/list ([p (in-list known)]
                [item (in-list (select (car p) (cdr p)))])
      item))
  (list 'bind
        (list 'state
              term
              (constraint-texts st disequality? constraints)
              (attributes (λ (v a) (type->text v (attribute-type a))))
              (attributes (λ (v a) (for/list ([tag (in-list (reverse (attribute-absent a)))])
                                     (list 'absento tag v))))
              (attributes (λ (v a) (domain->text v (attribute-domain a))))
              (constraint-texts st arithmetic? constraints))
        (cons 'conj goal-texts)))

;; A single term of a state, in the same notation.
(define (print-term st t)
  (define out (make-writer (state-store st)))
  (define end (write-text! out 0 t))
  (if (too-large? out)
      (print-shared t (state-store st))
      (writer-result out end)))

(define (type->text v type)
  (cond [(not type) '()]
        [(symbol? type) (list (list type v))]
        [else (for/list ([n (in-list type)])
                (list (case n [(sym) 'not-sym] [(num) 'not-num] [else 'not-str]) v))]))

;; Every integer is a domain of one variable or another: an endless one says nothing.
(define (domain->text v d)
  (define specification (and d (domain->specification d)))
  (if (or (not d) (equal? specification '(interval -inf +inf)))
      '()
      (list (list 'infd v specification))))

(define (constraint-texts st family? constraints)
  (for/list ([c (in-list constraints)] #:when (family? c))
    (if (disequality? c)
        (cons '=/= (for/list ([p (in-list (disequality-pairs c))]) (list (car p) (cdr p))))
        (arithmetic->surface c))))

;; A goal as the first-order representation writes it.
(define (goal->text st g)
  (cond
    [(relate? g) (list 'relate (cons (relate-name g) (relate-args g)))]
    [(disj? g) (cons 'disj (let flat ([g g])
                             (if (disj? g)
                                 (append (flat (disj-left g)) (flat (disj-right g)))
                                 (list (goal->text st g)))))]
    [(conj? g) (cons 'conj (let flat ([g g])
                             (if (conj? g)
                                 (append (flat (conj-left g)) (flat (conj-right g)))
                                 (list (goal->text st g)))))]
    [(clauses? g)
     (goal->text st (lines (clauses-name g) (clause-numbers g) (clauses-args g)))]
    [(lines? g)
     (define-values (branches _)
       (lines->goals (lines-name g) (lines-numbers g) (lines-args g) (state-next st)))
     (cons 'disj (for/list ([branch (in-list branches)]) (goal->text st branch)))]
    [(label? g) (cons 'labelfd (term-variables st (label-terms g)))]
    [(==? g) (list '== (==-left g) (==-right g))]
    [(=/=? g) (list '=/= (list (=/=-left g) (=/=-right g)))]
    [(type-goal? g)
     (car (type->text (type-goal-term g)
                      (if (type-goal-positive? g) (type-goal-type g) (list (type-goal-type g)))))]
    [(absento? g) (list 'absento (absento-tag g) (absento-term g))]
    [(domfd? g) (list 'infd (domfd-term g) (domain->specification (domfd-domain g)))]
    [else (arithmetic->surface (fold-arithmetic st g))]))
