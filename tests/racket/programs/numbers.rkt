#lang racket/base
;; Relational arithmetic on binary numerals, after Kiselyov, Byrd, Friedman and Shan, "Pure,
;; declarative, and constructive arithmetic relations" (2008). A numeral is a list of bits, least
;; first, without a leading zero: '() is 0, '(1) is 1, '(0 1) is 2.

(require "../../../racket/kanren/main.rkt" "lists.rkt")
(provide numeral pluso minuso *o <o <=o /o logo poso >1o)

(define (numeral n)
  (if (zero? n) '() (cons (remainder n 2) (numeral (quotient n 2)))))

(defrel (poso n) (fresh (a d) (== `(,a . ,d) n)))
(defrel (>1o n) (fresh (a b d) (== `(,a ,b . ,d) n)))

;; carry in + x + y = sum + 2 · carry out
(defrel (full-addero b x y sum c)
  (conde
    [(== 0 b) (== 0 x) (== 0 y) (== 0 sum) (== 0 c)]
    [(== 1 b) (== 0 x) (== 0 y) (== 1 sum) (== 0 c)]
    [(== 0 b) (== 1 x) (== 0 y) (== 1 sum) (== 0 c)]
    [(== 1 b) (== 1 x) (== 0 y) (== 0 sum) (== 1 c)]
    [(== 0 b) (== 0 x) (== 1 y) (== 1 sum) (== 0 c)]
    [(== 1 b) (== 0 x) (== 1 y) (== 0 sum) (== 1 c)]
    [(== 0 b) (== 1 x) (== 1 y) (== 0 sum) (== 1 c)]
    [(== 1 b) (== 1 x) (== 1 y) (== 1 sum) (== 1 c)]))

;; carry + n + m = sum
(defrel (addero carry n m sum)
  (conde
    [(== 0 carry) (== '() m) (== n sum)]
    [(== 0 carry) (== '() n) (== m sum) (poso m)]
    [(== 1 carry) (== '() m) (addero 0 n '(1) sum)]
    [(== 1 carry) (== '() n) (poso m) (addero 0 '(1) m sum)]
    [(== '(1) n) (== '(1) m)
     (fresh (a c)
       (== `(,a ,c) sum)
       (full-addero carry 1 1 a c))]
    [(== '(1) n) (general-addero carry n m sum)]
    [(== '(1) m) (>1o n) (>1o sum) (addero carry '(1) n sum)]
    [(>1o n) (general-addero carry n m sum)]))

(defrel (general-addero carry n m sum)
  (fresh (a b c e x y z)
    (== `(,a . ,x) n)
    (== `(,b . ,y) m)
    (poso y)
    (== `(,c . ,z) sum)
    (poso z)
    (full-addero carry a b c e)
    (addero e x y z)))

(defrel (pluso n m sum) (addero 0 n m sum))
(defrel (minuso n m difference) (pluso m difference n))

(defrel (*o n m p)
  (conde
    [(== '() n) (== '() p)]
    [(poso n) (== '() m) (== '() p)]
    [(== '(1) n) (poso m) (== m p)]
    [(>1o n) (== '(1) m) (== n p)]
    [(fresh (x z)
       (== `(0 . ,x) n) (poso x)
       (== `(0 . ,z) p) (poso z)
       (>1o m)
       (*o x m z))]
    [(fresh (x y)
       (== `(1 . ,x) n) (poso x)
       (== `(0 . ,y) m) (poso y)
       (*o m n p))]
    [(fresh (x y)
       (== `(1 . ,x) n) (poso x)
       (== `(1 . ,y) m) (poso y)
       (odd-*o x n m p))]))

(defrel (odd-*o x n m p)
  (fresh (q)
    (bound-*o q p n m)
    (*o x m q)
    (pluso `(0 . ,q) m p)))

;; q is no longer than the product can be
(defrel (bound-*o q p n m)
  (conde
    [(== '() q) (poso p)]
    [(fresh (a0 a1 a2 a3 x y z)
       (== `(,a0 . ,x) q)
       (== `(,a1 . ,y) p)
       (conde
         [(== '() n) (== `(,a2 . ,z) m) (bound-*o x y z '())]
         [(== `(,a3 . ,z) n) (bound-*o x y z m)]))]))

;; as long as, shorter than, no longer than
(defrel (=lo n m)
  (conde
    [(== '() n) (== '() m)]
    [(== '(1) n) (== '(1) m)]
    [(fresh (a x b y)
       (== `(,a . ,x) n) (poso x)
       (== `(,b . ,y) m) (poso y)
       (=lo x y))]))

(defrel (<lo n m)
  (conde
    [(== '() n) (poso m)]
    [(== '(1) n) (>1o m)]
    [(fresh (a x b y)
       (== `(,a . ,x) n) (poso x)
       (== `(,b . ,y) m) (poso y)
       (<lo x y))]))

(defrel (<=lo n m)
  (conde
    [(=lo n m)]
    [(<lo n m)]))

(defrel (<o n m)
  (conde
    [(<lo n m)]
    [(=lo n m) (fresh (x) (poso x) (pluso n x m))]))

(defrel (<=o n m)
  (conde
    [(== n m)]
    [(<o n m)]))

;; n = m · q + r with r < m
(defrel (/o n m q r)
  (conde
    [(== r n) (== '() q) (<o n m)]
    [(== '(1) q) (=lo n m) (pluso r m n) (<o r m)]
    [(<lo m n) (<o r m) (poso q)
     (fresh (nh nl qh ql qlm qlmr rr rh)
       (splito n r nl nh)
       (splito q r ql qh)
       (conde
         [(== '() nh) (== '() qh) (minuso nl r qlm) (*o ql m qlm)]
         [(poso nh)
          (*o ql m qlm)
          (pluso qlm r qlmr)
          (minuso qlmr nl rr)
          (splito rr r '() rh)
          (/o nh m qh rh)]))]))

;; n = 2^(length r + 1) · h + l
(defrel (splito n r l h)
  (conde
    [(== '() n) (== '() h) (== '() l)]
    [(fresh (b more)
       (== `(0 ,b . ,more) n) (== '() r) (== `(,b . ,more) h) (== '() l))]
    [(fresh (more)
       (== `(1 . ,more) n) (== '() r) (== more h) (== '(1) l))]
    [(fresh (b more a rest)
       (== `(0 ,b . ,more) n) (== `(,a . ,rest) r) (== '() l)
       (splito `(,b . ,more) rest '() h))]
    [(fresh (more a rest)
       (== `(1 . ,more) n) (== `(,a . ,rest) r) (== '(1) l)
       (splito more rest '() h))]
    [(fresh (b more a rest low)
       (== `(,b . ,more) n) (== `(,a . ,rest) r) (== `(,b . ,low) l)
       (poso low)
       (splito more rest low h))]))

;; n = b^q + r, where q is as large as can be
(defrel (logo n b q r)
  (conde
    [(== '(1) n) (poso b) (== '() q) (== '() r)]
    [(== '() q) (<o n b) (pluso r '(1) n)]
    [(== '(1) q) (>1o b) (=lo n b) (pluso r b n)]
    [(== '(1) b) (poso q) (pluso r '(1) n)]
    [(== '() b) (poso q) (== r n)]
    [(== '(0 1) b)
     (fresh (a ad dd)
       (poso dd)
       (== `(,a ,ad . ,dd) n)
       (exp2o n '() q)
       (fresh (s) (splito n dd r s)))]
    [(fresh (a ad add ddd)
       (conde
         [(== '(1 1) b)]
         [(== `(,a ,ad ,add . ,ddd) b)]))
     (<lo b n)
     (fresh (bw1 bw nw nw1 ql1 ql s)
       (exp2o b '() bw1)
       (pluso bw1 '(1) bw)
       (<lo q n)
       (fresh (q1 bwq1)
         (pluso q '(1) q1)
         (*o bw q1 bwq1)
         (<o nw1 bwq1))
       (exp2o n '() nw1)
       (pluso nw1 '(1) nw)
       (/o nw bw ql1 s)
       (pluso ql '(1) ql1)
       (<=lo ql q)
       (fresh (bql qh s2 qdh qd)
         (powero b ql bql)
         (/o nw bw1 qh s2)
         (pluso ql qdh qh)
         (pluso ql qd q)
         (<=o qd qdh)
         (fresh (bqd bq1 bq)
           (powero b qd bqd)
           (*o bql bqd bq)
           (*o b bq bq1)
           (pluso bq r n)
           (<o n bq1))))]))

(defrel (exp2o n b q)
  (conde
    [(== '(1) n) (== '() q)]
    [(>1o n) (== '(1) q) (fresh (s) (splito n b s '(1)))]
    [(fresh (q1 b2)
       (== `(0 . ,q1) q) (poso q1)
       (<lo b n)
       (appendo b `(1 . ,b) b2)
       (exp2o n b2 q1))]
    [(fresh (q1 nh b2 s)
       (== `(1 . ,q1) q) (poso q1)
       (poso nh)
       (splito n b s nh)
       (appendo b `(1 . ,b) b2)
       (exp2o nh b2 q1))]))

;; n^q = nq
(defrel (powero n q nq)
  (conde
    [(poso n) (== '() q) (== '(1) nq)]
    [(== '(1) q) (== n nq)]
    [(>1o q)
     (fresh (q1 nq1)
       (pluso q1 '(1) q)
       (powero n q1 nq1)
       (*o nq1 n nq))]))
