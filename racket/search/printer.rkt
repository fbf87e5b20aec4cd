#lang racket/base
;; The choice text: one canonical line for a partial solution and the goals that it still has.

(require "../kanren/core/family.rkt" "../kanren/core/goal.rkt" "../kanren/core/reify.rkt"
         "../kanren/core/state.rkt" "../kanren/core/term.rkt" "naming.rkt" "shared-text.rkt"
         "writer.rkt")
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
  (define slots
    (for/list ([families (in-list (families-by-slot))])
      (for*/list ([f (in-list families)]
                  [text (in-list (append (constraint-texts f constraints)
                                         (attribute-texts f known)))])
        text)))
  (list 'bind (list* 'state term slots) (cons 'conj goal-texts)))

(define (constraint-texts f constraints)
  (define constraint? (family-constraint? f))
  (if constraint?
      (for/list ([c (in-list constraints)] #:when (constraint? c))
        ((family-constraint-text f) c))
      '()))

(define (attribute-texts f known)
  (define texts (family-attribute-texts f))
  (if texts
      (for*/list ([p (in-list known)] [text (in-list (texts (car p) (cdr p)))]) text)
      '()))

;; A single term of a state, in the same notation.
(define (print-term st t)
  (define out (make-writer (state-store st)))
  (define end (write-text! out 0 t))
  (if (too-large? out)
      (print-shared t (state-store st))
      (writer-result out end)))

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
    [else ((family-goal-text (family-of-goal g)) st g)]))
